import { Readable, type Writable } from 'node:stream';
import type { BlobKey } from './blob-key.js';
import type { BlobSender } from './blob-sender.js';
import { BlobTruncated } from './blob-store.errors.js';
import { toStoreError } from './file-errors.js';
import type { OpenFile } from './file-system.js';
import type { BlockPool } from './hashing/block-pool.js';

export interface FileBlobStreamOptions {
  /** Bytes of one read as a stream; up to two are held. */
  readonly readBytes: number;
  /** Where `sendTo` takes its two blocks from. */
  readonly blocks: BlockPool;
}

/** Streams `length` bytes from `start`, then closes the file; also when it is destroyed early or fails. */
export class FileBlobStream extends Readable implements BlobSender {
  #position: number;
  readonly #end: number;

  constructor(
    private readonly key: BlobKey,
    private readonly file: OpenFile,
    start: number,
    length: number,
    private readonly options: FileBlobStreamOptions,
  ) {
    super({ highWaterMark: options.readBytes });
    this.#position = start;
    this.#end = start + length;
  }

  override _read(): void {
    const block = Buffer.allocUnsafeSlow(Math.min(this.options.readBytes, this.#end - this.#position));
    this.file.read(block, 0, block.byteLength, this.#position).then(
      ({ bytesRead }) => this.#take(block.subarray(0, bytesRead)),
      (error) => this.destroy(toStoreError(error) as Error),
    );
  }

  /**
   * While one block is written to the destination the next is filled, and both are used again and again: fresh memory for
   * each read costs a page fault for every 4 KiB. A block is free once the destination's callback says that its bytes are
   * with the system; blocks of a destination that closed early are given up, because the system may still read them.
   */
  async sendTo(destination: Writable): Promise<void> {
    const closed = new Promise<void>((resolve) => destination.once('close', resolve));
    const blocks = [this.options.blocks.take(), this.options.blocks.take()];
    let written = Promise.resolve();
    try {
      for (let turn = 0; this.#position < this.#end; turn += 1) {
        const bytes = await this.#fill(blocks[turn % 2] as Uint8Array);
        await Promise.race([written, closed]);
        if (destination.destroyed || destination.closed) return;
        written = new Promise((resolve) => destination.write(bytes, () => resolve()));
      }
      await Promise.race([written, closed]);
      if (destination.destroyed) return;
      for (const block of blocks) this.options.blocks.give(block);
      destination.end();
    } finally {
      this.destroy();
    }
  }

  async #fill(block: Uint8Array): Promise<Buffer> {
    const wanted = Math.min(block.byteLength, this.#end - this.#position);
    const { bytesRead } = await this.file.read(block, 0, wanted, this.#position).catch((error) => {
      throw toStoreError(error);
    });
    if (bytesRead === 0) throw new BlobTruncated(this.key, this.#end, this.#position);
    this.#position += bytesRead;
    return Buffer.from(block.buffer, block.byteOffset, bytesRead);
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
