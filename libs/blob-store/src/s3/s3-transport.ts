import { AsyncLocalStorage } from 'node:async_hooks';
import http, { type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';

/** What the answer to one call said beside what the client library passes on. */
export interface CallFacts {
  status?: number;
  code?: string;
}

/** Answers that may be better the next time. */
export const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

/** Calls at once that are no reads; what needs more waits for one to end. */
const MOST_CALLS = 64;

/** Connections that wait for the next call, of each kind. */
const MOST_IDLE = 64;

const CODE = /<Code>([^<]{1,100})<\/Code>/;

/**
 * The connections of the S3 client. The library has no time-outs, reads no body of an answer 5xx (its connection is never
 * free again), and tells no status of an error: so this ends a connection that is silent, reads such bodies here, and
 * notes the facts of each answer for `call`.
 */
export class S3Transport {
  readonly #facts = new AsyncLocalStorage<CallFacts>();
  readonly #module: typeof http | typeof https;
  /** As many as there are clients who read: one that reads slowly must not keep others from their bytes. */
  readonly #readers: http.Agent;
  readonly #others: http.Agent;

  /** @param idleMs a connection that is silent for so long in mid-call is ended, milliseconds. */
  constructor(
    secure: boolean,
    private readonly idleMs: number,
  ) {
    this.#module = secure ? https : http;
    const options = { keepAlive: true, maxFreeSockets: MOST_IDLE };
    this.#readers = new this.#module.Agent(options);
    this.#others = new this.#module.Agent({ ...options, maxSockets: MOST_CALLS });
  }

  close(): void {
    this.#readers.destroy();
    this.#others.destroy();
  }

  /** Runs one call of the library; `facts` then has what its last answer said. */
  run<T>(facts: CallFacts, call: () => Promise<T>): Promise<T> {
    return this.#facts.run(facts, call);
  }

  /** What the library calls in place of `http.request`. */
  request(options: RequestOptions, answered: (response: IncomingMessage) => void): http.ClientRequest {
    const facts = this.#facts.getStore() ?? {};
    const agent = options.method === 'GET' ? this.#readers : this.#others;
    const request = this.#module.request({ ...options, agent, timeout: this.idleMs }, (response) => {
      facts.status = response.statusCode;
      if (!RETRYABLE_STATUS.has(response.statusCode ?? 0)) return answered(response);
      const body: Buffer[] = [];
      response.on('data', (piece: Buffer) => body.push(piece));
      response.once('error', (error) => request.emit('error', error));
      response.once('end', () => {
        facts.code = CODE.exec(Buffer.concat(body).toString())?.[1];
        answered(response);
      });
    });
    request.on('timeout', () => {
      request.destroy(Object.assign(new Error(`S3 was silent for ${this.idleMs} ms`), { code: 'ETIMEDOUT' }));
    });
    return request;
  }
}
