import { Readable } from 'node:stream';
import type { BlobKey } from './blob-key.js';
import { BlobTruncated } from './blob-store.errors.js';
import { toStoreError } from './file-errors.js';
import type { OpenFile } from './file-system.js';

/** Streams `length` bytes from `start`, then closes the file; also when it is destroyed early or fails. */
export class FileBlobStream extends Readable {
  #position: number;
  readonly #end: number;

  constructor(
    private readonly key: BlobKey,
    private readonly file: OpenFile,
    start: number,
    length: number,
    private readonly blockBytes: number,
  ) {
    super({ highWaterMark: blockBytes });
    this.#position = start;
    this.#end = start + length;
  }

  override _read(): void {
    const block = Buffer.allocUnsafeSlow(Math.min(this.blockBytes, this.#end - this.#position));
    this.file.read(block, 0, block.byteLength, this.#position).then(
      ({ bytesRead }) => this.#take(block.subarray(0, bytesRead)),
      (error) => this.destroy(toStoreError(error) as Error),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.file.close().then(
      () => done(error),
      (closing) => done(error ?? (toStoreError(closing) as Error)),
    );
  }

  #take(bytes: Buffer): void {
    if (this.destroyed) return;
    if (bytes.byteLength === 0) {
      this.destroy(new BlobTruncated(this.key, this.#end, this.#position));
      return;
    }
    this.#position += bytes.byteLength;
    this.push(bytes);
    if (this.#position === this.#end) this.push(null);
  }
}
