import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertBlobKey, type BlobKey, isBlobKey } from '../blob-key.js';
import { assertByteCount, assertRange, SMALL_BODY_BYTES } from '../blob-range.js';
import type { BlobRedirector } from '../blob-redirector.js';
import {
  BlobCommitted,
  BlobNotFound,
  BlobSizeMismatch,
  BlobTruncated,
  BucketUnusable,
  StoreUnavailable,
} from '../blob-store.errors.js';
import {
  type BlobBody,
  type BlobEntry,
  type BlobProgress,
  type BlobRange,
  BlobStore,
  type BlobWriter,
} from '../blob-store.port.js';
import { KeyTurns } from '../key-turns.js';
import { S3BlobStream } from './s3-blob-stream.js';
import { S3BlobWriter } from './s3-blob-writer.js';
import { clientOf, S3Connection, type S3Options } from './s3-connection.js';
import { S3Error } from './s3-errors.js';
import { S3Object } from './s3-object.js';
import { bytesOfParts } from './s3-parts.js';
import { decodeState } from './s3-upload-state.js';

/** Objects in a page of a listing. */
const PAGE = 1000;

/** Milliseconds between the looks for an object that another replica is completing. */
const COMPLETION_PAUSES_MS = [50, 100, 200, 400];

/** Objects written at once whose size is remembered until their commit. */
const MOST_REMEMBERED = 1000;

/**
 * Objects in a bucket, written once and under their final key: no rename, no copy.
 *
 * A blob that fits into one part is one PUT with `If-None-Match: *`, so a request that was overtaken cannot write over what
 * a newer one wrote. A larger one is a multipart upload, whose id and parts are in the row of its upload: any replica goes
 * on with it. The list of parts is sealed in the row before the upload is completed, so whoever completes it makes the
 * same object. The writer of a key is the newest one within this process; across processes the epoch of the row decides.
 *
 * Parts of an upload cannot be read: `read` gives committed objects alone.
 */
export class S3BlobStore extends BlobStore implements BlobRedirector {
  readonly readsUncommitted = false;
  readonly #s3: S3Connection;
  readonly #signer: ReturnType<typeof clientOf>;
  readonly #turns = new KeyTurns();
  readonly #writers = new Map<BlobKey, S3BlobWriter>();
  readonly #written = new Map<BlobKey, number>();
  readonly #background = new Set<Promise<void>>();

  constructor(options: S3Options) {
    super();
    this.#s3 = new S3Connection(options);
    this.#signer = clientOf(options, options.publicEndpoint ?? options.endpoint);
  }

  /** @throws BucketUnusable where it is not there, or S3 does not let us in or does not answer */
  async assertBucket(): Promise<void> {
    const { bucket } = this.#s3;
    const isThere = await this.#s3
      .call((client) => client.bucketExists(bucket))
      .catch(({ message, cause = { message } }) => {
        throw new BucketUnusable(`the bucket "${bucket}" cannot be used: ${cause.message}`, { cause });
      });
    if (!isThere)
      throw new BucketUnusable(`there is no bucket "${bucket}" (LADING_S3_BUCKET): make it, Lading does not`);
  }

  /** Nothing to do: there is an object once it is whole. */
  async begin(key: BlobKey): Promise<void> {
    assertBlobKey(key);
  }

  append(key: BlobKey, from: BlobProgress): Promise<BlobWriter> {
    return this.#inTurn(key, async (object) => {
      assertByteCount(from.offset);
      await this.#writers.get(key)?.close();
      if (from.sealed) throw new BlobCommitted(key);
      const state = decodeState(from);
      const tail = await this.#tailOf(object, from);
      const writer: S3BlobWriter = new S3BlobWriter(
        object,
        { progress: from, state, tail },
        {
          wrote: (size) => this.#remember(key, size),
          later: (work) => this.#later(work),
          ended: () => {
            if (this.#writers.get(key) === writer) this.#writers.delete(key);
          },
        },
      );
      this.#writers.set(key, writer);
      return writer;
    });
  }

  commit(key: BlobKey, sealed: BlobProgress): Promise<void> {
    return this.#inTurn(key, async (object) => {
      assertByteCount(sealed.offset);
      await this.#writers.get(key)?.close();
      const { uploadId, etags, size, tail, formerTail } = decodeState(sealed);
      const isInParts = sealed.sealed && uploadId !== undefined;
      if (isInParts) {
        if (size !== sealed.offset) throw new BlobSizeMismatch(key, sealed.offset, size ?? bytesOfParts(etags.length));
        await object.complete(uploadId, etags);
      }
      const stored = this.#written.get(key) ?? (await (isInParts ? this.#completedSize(object) : object.size()));
      if (stored === undefined) throw new BlobNotFound(key);
      if (stored !== sealed.offset) throw new BlobSizeMismatch(key, sealed.offset, stored);
      this.#written.delete(key);
      this.#later(object.removeTails([tail, formerTail].filter((suffix) => suffix !== undefined)));
      // Requests that were lost before their progress was recorded may have left some.
      if (uploadId !== undefined) this.#later(object.abortAll());
    });
  }

  /**
   * Undefined where no object is. Of two replicas that complete one upload, the second may find no upload any more and the
   * object not yet: versitygw has a moment in between.
   */
  async #completedSize(object: S3Object): Promise<number | undefined> {
    for (const pauseMs of COMPLETION_PAUSES_MS) {
      const size = await object.size();
      if (size !== undefined) return size;
      await sleep(pauseMs);
    }
    return object.size();
  }

  async read(key: BlobKey, range?: BlobRange): Promise<BlobBody> {
    assertBlobKey(key);
    if (range !== undefined) assertRange(range);
    const response = await this.#get(key, range);
    const { start, length, total } = extentOf(response, range);
    const wanted = range === undefined ? length : range.end - range.start + 1;
    if (length < wanted) {
      response.destroy();
      throw new BlobTruncated(key, start + wanted, total);
    }
    const body = new S3BlobStream(key, response, start, length, this.#s3.idleMs);
    return length <= SMALL_BODY_BYTES ? buffer(body) : body;
  }

  delete(key: BlobKey): Promise<void> {
    return this.#inTurn(key, async (object) => {
      await this.#writers.get(key)?.close();
      this.#written.delete(key);
      await object.removeAll();
    });
  }

  async *list(after?: BlobKey): AsyncGenerator<BlobEntry> {
    if (after !== undefined) assertBlobKey(after);
    let token = '';
    do {
      const page = await this.#s3.call((client, bucket) =>
        client.listObjectsV2Query(bucket, 'blobs/', token, '', PAGE, after ?? ''),
      );
      for (const { name, size } of page.objects) if (isBlobKey(name)) yield { key: name, size: size ?? 0 };
      token = page.isTruncated ? page.nextContinuationToken : '';
    } while (token !== '');
  }

  /** S3 says that it is full when it is. */
  async freeBytes(): Promise<undefined> {
    return undefined;
  }

  async addressOf(key: BlobKey, ttlMs: number): Promise<string> {
    assertBlobKey(key);
    const overrides = { 'response-content-type': 'application/octet-stream' };
    return this.#signer.presignedGetObject(this.#s3.bucket, key, Math.floor(ttlMs / 1000), overrides);
  }

  async close(): Promise<void> {
    await Promise.all(this.#background);
    this.#s3.close();
  }

  async #inTurn<T>(key: BlobKey, task: (object: S3Object) => Promise<T>): Promise<T> {
    assertBlobKey(key);
    return this.#turns.run(key, () => task(new S3Object(key, this.#s3)));
  }

  /** The bytes behind the recorded parts. */
  async #tailOf(object: S3Object, from: BlobProgress): Promise<Buffer> {
    const { etags, tail } = decodeState(from);
    const inParts = bytesOfParts(etags.length);
    if (from.offset === inParts) return Buffer.alloc(0);
    const bytes = tail === undefined ? Buffer.alloc(0) : await object.tail(tail);
    // A commit removes the tails; the row may not have been told of it.
    if (bytes === undefined && (await object.size()) === from.offset) throw new BlobCommitted(object.key);
    if (bytes === undefined) throw new BlobNotFound(object.key);
    if (inParts + bytes.length !== from.offset)
      throw new BlobTruncated(object.key, from.offset, inParts + bytes.length);
    return bytes;
  }

  async #get(key: BlobKey, range: BlobRange | undefined): Promise<IncomingMessage> {
    try {
      return await this.#s3.call(async (client, bucket) => {
        const body = range
          ? client.getPartialObject(bucket, key, range.start, range.end - range.start + 1)
          : client.getObject(bucket, key);
        return (await body) as IncomingMessage;
      }, key);
    } catch (error) {
      const isBehindTheEnd =
        error instanceof StoreUnavailable && error.cause instanceof S3Error && error.cause.status === 416;
      if (!isBehindTheEnd || range === undefined) throw error;
      const size = await new S3Object(key, this.#s3).size();
      throw new BlobTruncated(key, range.end + 1, size ?? 0);
    }
  }

  #remember(key: BlobKey, size: number): void {
    this.#written.set(key, size);
    const [oldest] = this.#written.keys();
    if (this.#written.size > MOST_REMEMBERED && oldest !== undefined) this.#written.delete(oldest);
  }

  /** What fails here leaves bytes behind that the removal of the object finds. */
  #later(work: Promise<void>): void {
    const done = work
      .catch(() => undefined)
      .finally(() => {
        this.#background.delete(done);
      });
    this.#background.add(done);
  }
}

/** Which bytes an answer carries, and how many the object has. */
function extentOf(response: IncomingMessage, range: BlobRange | undefined) {
  const length = Number(response.headers['content-length'] ?? 0);
  const total = Number(/\/(\d+)$/.exec(response.headers['content-range'] ?? '')?.[1] ?? length);
  return { start: range?.start ?? 0, length, total };
}
