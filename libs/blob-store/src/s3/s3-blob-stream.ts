import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { BlobKey } from '../blob-key.js';
import { BlobTruncated, StoreUnavailable } from '../blob-store.errors.js';

/** The bytes of an answer: all that were asked for, or an error. S3 that sends nothing while it is waited for has failed. */
export class S3BlobStream extends Readable {
  #missing: number;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param start where in the blob the body begins
   * @param length of the body in bytes
   */
  constructor(
    private readonly key: BlobKey,
    private readonly response: IncomingMessage,
    private readonly start: number,
    private readonly length: number,
    private readonly idleMs: number,
  ) {
    super();
    this.#missing = length;
    // A reader that is slow makes the connection silent; only waiting for S3 counts.
    response.socket.setTimeout(0);
    response.on('data', (piece: Buffer) => this.#take(piece));
    response.once('end', () => this.#end());
    response.once('error', (error) => this.destroy(new StoreUnavailable(error)));
    response.pause();
  }

  override _read(): void {
    this.#timer ??= setTimeout(() => {
      this.destroy(new StoreUnavailable(new Error(`S3 was silent for ${this.idleMs} ms`)));
    }, this.idleMs);
    this.response.resume();
  }

  /** The connection is closed where bytes are left on it, and kept otherwise. */
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#heard();
    if (!this.response.complete) this.response.destroy();
    done(error);
  }

  #take(piece: Buffer): void {
    this.#heard();
    this.#missing -= piece.length;
    if (!this.push(piece)) this.response.pause();
  }

  #end(): void {
    this.#heard();
    if (this.#missing === 0) this.push(null);
    else this.destroy(new BlobTruncated(this.key, this.start + this.length, this.start + this.length - this.#missing));
  }

  #heard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
