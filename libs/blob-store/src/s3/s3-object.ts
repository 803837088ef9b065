import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { BlobKey } from '../blob-key.js';
import { BlobCommitted, BlobNotFound } from '../blob-store.errors.js';
import type { S3Connection } from './s3-connection.js';
import { S3Error } from './s3-errors.js';

/** Pages of unfinished uploads of one key that a removal goes through; a page has 1,000. */
const MOST_PAGES = 10;

/**
 * What S3 keeps for one blob: the object at its key, unfinished multipart uploads of that key, and tails.
 *
 * A tail is an object of its own, `tails/<as in the key>.<suffix>`, that has the bytes behind the last whole part of an
 * open upload. Its suffix is new each time, so a late write of an older request can hit no tail that is in use. The key
 * is a function of the object's id, whose row comes before everything: what a crash leaves is found by that id.
 */
export class S3Object {
  readonly #tailPrefix: string;

  constructor(
    readonly key: BlobKey,
    private readonly s3: S3Connection,
  ) {
    this.#tailPrefix = `${key.replace(/^blobs\//, 'tails/')}.`;
  }

  /** Undefined where no object is. */
  async size(): Promise<number | undefined> {
    return orUndefined(
      this.s3.call(async (client, bucket) => (await client.statObject(bucket, this.key)).size, this.key),
    );
  }

  /**
   * Writes the whole object in one request, unless it is there. Where a try before did so, or an older request of the
   * same upload, the same bytes are as good.
   *
   * @throws BlobCommitted where other bytes are
   */
  async putWhole(bytes: Buffer): Promise<void> {
    const headers = { 'Content-Type': 'application/octet-stream', 'If-None-Match': '*' };
    const isNew = await this.s3.call((client, bucket) =>
      client.putObject(bucket, this.key, bytes, bytes.length, headers).then(
        () => true,
        (error: { code?: unknown }) => {
          if (error.code === 'PreconditionFailed') return false;
          throw error;
        },
      ),
    );
    if (!isNew && !(await this.#read(this.key)).equals(bytes)) throw new BlobCommitted(this.key);
  }

  /** Opens a multipart upload. One whose answer is lost stays behind until the object is deleted. */
  beginParts(): Promise<string> {
    const headers = { 'Content-Type': 'application/octet-stream' };
    return this.s3.call((client, bucket) => client.initiateNewMultipartUpload(bucket, this.key, headers));
  }

  /** @returns the ETag. @throws BlobNotFound where the upload has ended */
  async putPart(uploadId: string, number: number, bytes: Buffer): Promise<string> {
    const part = { objectName: this.key, uploadID: uploadId, partNumber: number, headers: {} };
    const { etag } = await this.s3.call(
      (client, bucketName) => client.uploadPart({ bucketName, ...part }, bytes),
      this.key,
    );
    return etag;
  }

  /** Makes the object of exactly these parts. Whether it is there the caller asks: a repetition finds no upload. */
  async complete(uploadId: string, etags: readonly string[]): Promise<void> {
    const parts = etags.map((etag, index) => ({ part: index + 1, etag }));
    await orUndefined(
      this.s3.call((client, bucket) => client.completeMultipartUpload(bucket, this.key, uploadId, parts), this.key),
    );
  }

  async abort(uploadId: string): Promise<void> {
    await orUndefined(
      this.s3.call((client, bucket) => client.abortMultipartUpload(bucket, this.key, uploadId), this.key),
    );
  }

  /** @returns the suffix */
  async putTail(bytes: Buffer): Promise<string> {
    const suffix = randomBytes(8).toString('hex');
    await this.s3.call((client, bucket) => client.putObject(bucket, this.#tailPrefix + suffix, bytes, bytes.length));
    return suffix;
  }

  /** Undefined where it is not. */
  tail(suffix: string): Promise<Buffer | undefined> {
    return orUndefined(this.#read(this.#tailPrefix + suffix));
  }

  async removeTails(suffixes: readonly string[]): Promise<void> {
    for (const suffix of suffixes) await this.#remove(this.#tailPrefix + suffix);
  }

  /** Every upload of the key; for an object that is complete, or is to go. */
  async abortAll(): Promise<void> {
    for (let page = 0; page < MOST_PAGES && (await this.#abortPage()); page += 1);
  }

  /** Everything that there is of the blob, uploads first: the object they would make cannot come back then. */
  async removeAll(): Promise<void> {
    await this.abortAll();
    await this.#remove(this.key);
    const { objects } = await this.s3.call((client, bucket) =>
      client.listObjectsV2Query(bucket, this.#tailPrefix, '', '', 1000, ''),
    );
    for (const { name } of objects) if (name !== undefined) await this.#remove(name);
  }

  /** @returns whether there may be more. */
  async #abortPage(): Promise<boolean> {
    const { uploads, isTruncated } = await this.s3.call((client, bucket) =>
      client.listIncompleteUploadsQuery(bucket, this.key, '', '', ''),
    );
    for (const { key, uploadId } of uploads) if (key === this.key) await this.abort(uploadId);
    return isTruncated;
  }

  async #remove(key: string): Promise<void> {
    await this.s3.call((client, bucket) => client.removeObject(bucket, key));
  }

  /** A small object, whole. */
  #read(key: string): Promise<Buffer> {
    return this.s3.call(async (client, bucket) => {
      const response = (await client.getObject(bucket, key)) as IncomingMessage;
      const bytes = await buffer(response);
      if (response.complete) return bytes;
      throw new S3Error('ECONNRESET', undefined, new Error('the answer ended early'));
    }, key);
  }
}

async function orUndefined<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof BlobNotFound) return undefined;
    throw error;
  }
}
