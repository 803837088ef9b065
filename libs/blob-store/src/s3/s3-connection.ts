import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'minio';
import { S3Error, toS3Error, toStoreError } from './s3-errors.js';
import { type CallFacts, S3Transport } from './s3-transport.js';

export interface S3Options {
  /** `http://host:port` or `https://host`, without a path. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** Where clients reach the bucket, for addresses that are given to them. Default: the endpoint. */
  readonly publicEndpoint?: string;
  /** S3 that is silent for this long in mid-call has failed, milliseconds. Default 30 s. */
  readonly idleMs?: number;
}

export const IDLE_MS = 30_000;

/** A call that fails of what may pass is made again after about 0.1, 0.2 and 0.4 seconds. */
const MOST_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;

/** A bucket, and how it is called: with time-outs, retries, and errors of the store. */
export class S3Connection {
  readonly bucket: string;
  readonly client: Client;
  readonly idleMs: number;
  readonly #transport: S3Transport;

  constructor(options: S3Options) {
    this.bucket = options.bucket;
    this.idleMs = options.idleMs ?? IDLE_MS;
    this.#transport = new S3Transport(options.endpoint.startsWith('https:'), this.idleMs);
    this.client = clientOf(options, options.endpoint, this.#transport);
  }

  /**
   * Makes a call that may be made again: its body, if it has one, is in memory.
   *
   * @param key what a 404 is about
   * @throws BlobNotFound, StoreFull, StoreUnavailable
   */
  async call<T>(work: (client: Client, bucket: string) => Promise<T>, key?: string): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const facts: CallFacts = {};
      try {
        return await this.#transport.run(facts, () => work(this.client, this.bucket));
      } catch (thrown) {
        const error = toS3Error(thrown, facts);
        if (!(error instanceof S3Error) || !error.mayPass || attempt === MOST_ATTEMPTS) throw toStoreError(error, key);
      }
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }

  close(): void {
    this.#transport.close();
  }
}

/** A client for the bucket at an address; one that only signs needs no transport. */
export function clientOf(options: S3Options, address: string, transport?: S3Transport): Client {
  const { protocol, hostname, port } = new URL(address);
  const useSSL = protocol === 'https:';
  return new Client({
    endPoint: hostname,
    port: port === '' ? (useSSL ? 443 : 80) : Number(port),
    useSSL,
    accessKey: options.accessKey,
    secretKey: options.secretKey,
    // Else the client asks for the bucket's region first.
    region: options.region,
    pathStyle: true,
    // It waits for the answer of an attempt that it does not read.
    retryOptions: { disableRetry: true },
    // Typed as the modules of Node, of which the library calls `request` alone.
    transport: transport as never,
  });
}
