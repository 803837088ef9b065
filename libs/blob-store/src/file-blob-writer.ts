import type { BlobKey } from './blob-key.js';
import { BlobWriterClosed, StoreUnavailable } from './blob-store.errors.js';
import type { BlobWriter } from './blob-store.port.js';
import { toStoreError } from './file-errors.js';
import type { OpenFile } from './file-system.js';

interface Owner {
  /** Makes the name of the file durable. */
  syncName(): Promise<void>;
  /** A sync failed: the system may have dropped the bytes and will report success next time. */
  doubt(cause: unknown): void;
  /** The writer takes no more calls. */
  ended(): void;
}

/** Writes one file. Calls queue up, so that `release` never takes the file away under a write. */
export class FileBlobWriter implements BlobWriter {
  #offset: number;
  #queue: Promise<unknown> = Promise.resolve();
  #closed = false;
  #failure: { readonly error: unknown } | undefined;
  #nameSynced = false;

  constructor(
    private readonly key: BlobKey,
    private readonly file: OpenFile,
    offset: number,
    private readonly owner: Owner,
  ) {
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  write(chunks: readonly Uint8Array[]): Promise<void> {
    return this.#enqueue(async () => {
      this.#offset = await writeAll(this.file, chunks, this.#offset);
    });
  }

  sync(): Promise<void> {
    return this.#enqueue(async () => {
      try {
        await this.file.datasync();
        if (!this.#nameSynced) await this.owner.syncName();
        this.#nameSynced = true;
      } catch (error) {
        this.owner.doubt(error);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    const file = await this.release();
    await file?.close();
  }

  /** Ends this writer after the calls already made, and hands over the open file; undefined if it was ended before. */
  async release(): Promise<OpenFile | undefined> {
    const first = !this.#closed;
    this.#closed = true;
    await this.#queue;
    if (!first) return undefined;
    this.owner.ended();
    return this.file;
  }

  #enqueue(task: () => Promise<void>): Promise<void> {
    if (this.#closed) return Promise.reject(new BlobWriterClosed(this.key));
    const result = this.#queue.then(() => this.#attempt(task));
    this.#queue = result.catch(() => undefined);
    return result;
  }

  /** After a failure the file's end is unknown: every later call fails alike. */
  async #attempt(task: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    try {
      await task();
    } catch (error) {
      this.#failure = { error: toStoreError(error) };
      throw this.#failure.error;
    }
  }
}

/** Writes every byte, going on after short writes. Returns the offset behind the last byte. */
async function writeAll(file: OpenFile, chunks: readonly Uint8Array[], offset: number): Promise<number> {
  let rest = chunks.filter((chunk) => chunk.byteLength > 0);
  let position = offset;
  while (rest.length > 0) {
    const { bytesWritten } = await file.writev(rest, position);
    if (bytesWritten <= 0) throw new StoreUnavailable(new Error('a write took no bytes'));
    position += bytesWritten;
    rest = skip(rest, bytesWritten);
  }
  return position;
}

function skip(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let left = bytes;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (left >= chunk.byteLength) left -= chunk.byteLength;
    else {
      rest.push(left > 0 ? chunk.subarray(left) : chunk);
      left = 0;
    }
  }
  return rest;
}
