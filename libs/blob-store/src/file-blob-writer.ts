import type { BlobKey } from './blob-key.js';
import { StoreUnavailable } from './blob-store.errors.js';
import type { BlobProgress, BlobWriter } from './blob-store.port.js';
import { toStoreError } from './file-errors.js';
import type { OpenFile } from './file-system.js';
import { WriterCalls } from './writer-calls.js';

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
  readonly #calls: WriterCalls;
  #nameSynced = false;

  constructor(
    key: BlobKey,
    private readonly file: OpenFile,
    offset: number,
    private readonly owner: Owner,
  ) {
    this.#offset = offset;
    this.#calls = new WriterCalls(key, toStoreError);
  }

  get offset(): number {
    return this.#offset;
  }

  write(chunks: readonly Uint8Array[]): Promise<void> {
    return this.#calls.run(async () => {
      this.#offset = await writeAll(this.file, chunks, this.#offset);
    });
  }

  checkpoint(): Promise<BlobProgress> {
    return this.sync();
  }

  sync(): Promise<BlobProgress> {
    return this.#calls.run(async () => {
      try {
        await this.file.datasync();
        if (!this.#nameSynced) await this.owner.syncName();
        this.#nameSynced = true;
      } catch (error) {
        this.owner.doubt(error);
        throw error;
      }
      return { offset: this.#offset };
    });
  }

  /** Nothing to do: `commit` syncs the open file, and takes the right to write from it. */
  seal(): Promise<BlobProgress> {
    return this.#calls.run(async () => ({ offset: this.#offset }));
  }

  async close(): Promise<void> {
    const file = await this.release();
    await file?.close();
  }

  /** Ends this writer after the calls already made, and hands over the open file; undefined if it was ended before. */
  async release(): Promise<OpenFile | undefined> {
    if (!(await this.#calls.end())) return undefined;
    this.owner.ended();
    return this.file;
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
