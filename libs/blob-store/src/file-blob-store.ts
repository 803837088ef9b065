import { dirname, join, resolve } from 'node:path';
import { assertBlobKey, type BlobKey } from './blob-key.js';
import { assertByteCount, assertRange, SMALL_BODY_BYTES } from './blob-range.js';
import { BlobCommitted, BlobSizeMismatch, BlobTruncated, StoreUnavailable } from './blob-store.errors.js';
import {
  type BlobBody,
  type BlobEntry,
  type BlobProgress,
  type BlobRange,
  BlobStore,
  type BlobWriter,
} from './blob-store.port.js';
import { FileBlobStream } from './file-blob-stream.js';
import { FileBlobWriter } from './file-blob-writer.js';
import { DirectorySyncs, makeFanOut } from './file-directories.js';
import { errorCode, toStoreError, translated } from './file-errors.js';
import { FreshFiles } from './file-fresh.js';
import { listFiles } from './file-listing.js';
import { type FileFacts, type FileSystem, nodeFileSystem, type OpenFile } from './file-system.js';
import { BlockPool } from './hashing/block-pool.js';
import { KeyTurns } from './key-turns.js';

export interface FileBlobStoreOptions {
  /** Bytes of the file system that `freeBytes` leaves out, for the database's log beside us. Default 64 MiB. */
  readonly reserveBytes?: number;
  /** Bytes of one read of a large body; a body holds up to two of them. Default 1 MiB. */
  readonly readBlockBytes?: number;
  readonly fs?: FileSystem;
}

/** Bytes read and sent at once; two blocks for each body on its way. */
const SEND_BLOCK_BYTES = 512 * 1024;

/** How long the free bytes count as known where they are many, milliseconds: a write that finds no room says so itself. */
const FREE_MS = 250;
const PLENTY_BYTES = 1024 ** 3;

const OPEN_MODE = 0o640;
const COMMITTED_MODE = 0o440;
const WRITABLE = 0o222;

/**
 * Objects as files below a directory, written once and in place: no rename, no copy.
 *
 * What a commit acknowledged survives a loss of power: fsync of the file, then of its directory; the directories above
 * were made durable before the first object. Commit takes the write bits from the file, and `append` refuses such a file:
 * so a request that was overtaken by a newer one, in any process, cannot cut bytes off that were acknowledged.
 * A writer that was open before is ended within this process only: at most one process may write below a root at a time
 * (the lock of the data directory sees to that), any number may read.
 * A failed fsync is final for an object: Linux marks the lost pages clean, and a second fsync would report success.
 */
export class FileBlobStore extends BlobStore {
  readonly readsUncommitted = true;
  readonly #root: string;
  readonly #fs: FileSystem;
  readonly #reserveBytes: number;
  readonly #readBlockBytes: number;
  readonly #sendBlocks = new BlockPool(SEND_BLOCK_BYTES, 32);
  readonly #turns = new KeyTurns();
  readonly #writers = new Map<BlobKey, FileBlobWriter>();
  readonly #doubtful = new Map<BlobKey, StoreUnavailable>();
  readonly #fresh = new FreshFiles();
  readonly #directories: DirectorySyncs;
  #fanOut: Promise<void> | undefined;
  #free = { bytes: 0, askedAt: Number.NEGATIVE_INFINITY };

  /** @param root made when the first object begins, with the directories above it that are missing */
  constructor(root: string, options: FileBlobStoreOptions = {}) {
    super();
    this.#root = resolve(root);
    this.#fs = options.fs ?? nodeFileSystem;
    this.#directories = new DirectorySyncs(this.#fs);
    this.#reserveBytes = options.reserveBytes ?? 64 * 1024 * 1024;
    this.#readBlockBytes = options.readBlockBytes ?? 1024 * 1024;
  }

  async begin(key: BlobKey): Promise<void> {
    const path = this.#path(key);
    await this.#prepared();
    await translated(undefined, async () => {
      try {
        this.#fresh.keep(key, await this.#fs.open(path, 'wx', OPEN_MODE));
      } catch (error) {
        if (errorCode(error) === 'ENOENT') this.#makeFanOutAgain();
        throw errorCode(error) === 'EEXIST' ? toStoreError(error, key) : error;
      }
    });
  }

  append(key: BlobKey, { offset }: BlobProgress): Promise<BlobWriter> {
    return this.#inTurn(key, async (path) => {
      assertByteCount(offset);
      await this.#writers.get(key)?.close();
      this.#refuseDoubtful(key);
      const fresh = this.#fresh.take(key);
      if (fresh !== undefined && offset === 0) return this.#writer(key, path, fresh, 0);
      await fresh?.close();
      const { size } = this.#uncommitted(key, await this.#fs.stat(path));
      if (size < offset) throw new BlobTruncated(key, offset, size);
      const file = await this.#fs.open(path, 'r+');
      try {
        if (size > offset) await file.truncate(offset);
      } catch (error) {
        await file.close();
        throw error;
      }
      return this.#writer(key, path, file, offset);
    });
  }

  commit(key: BlobKey, { offset: size }: BlobProgress): Promise<void> {
    return this.#inTurn(key, async (path) => {
      assertByteCount(size);
      this.#refuseDoubtful(key);
      // The writer's own descriptor, if there is one: it is sure to report a write that failed in the background.
      const file = (await this.#takeFile(key)) ?? (await this.#fs.open(path, 'r'));
      try {
        const facts = await file.stat();
        if (facts.size !== size) throw new BlobSizeMismatch(key, size, facts.size);
        await this.#makeDurable(key, path, file, facts);
      } finally {
        await file.close();
      }
    });
  }

  delete(key: BlobKey): Promise<void> {
    return this.#inTurn(key, async (path) => {
      await (await this.#takeFile(key))?.close();
      await this.#unlink(key, path);
    });
  }

  async read(key: BlobKey, range?: BlobRange): Promise<BlobBody> {
    const path = this.#path(key);
    if (range !== undefined) assertRange(range);
    return translated(key, async () => {
      const file = await this.#fs.open(path, 'r');
      let body: BlobBody | undefined;
      try {
        body = await this.#body(key, file, range);
        return body;
      } finally {
        if (!(body instanceof FileBlobStream)) await file.close();
      }
    });
  }

  async *list(after?: BlobKey): AsyncGenerator<BlobEntry> {
    if (after !== undefined) assertBlobKey(after);
    try {
      yield* listFiles(this.#fs, this.#root, after);
    } catch (error) {
      throw toStoreError(error);
    }
  }

  async freeBytes(): Promise<number> {
    await this.#prepared();
    const { bytes, askedAt } = this.#free;
    if (bytes >= PLENTY_BYTES && performance.now() - askedAt < FREE_MS) return bytes;
    const { bavail, bsize } = await translated(undefined, () => this.#fs.statfs(this.#root));
    this.#free = { bytes: Math.max(0, bavail * bsize - this.#reserveBytes), askedAt: performance.now() };
    return this.#free.bytes;
  }

  async close(): Promise<void> {
    await Promise.all([this.#fresh.close(), this.#directories.close()]);
  }

  #path(key: BlobKey): string {
    assertBlobKey(key);
    return join(this.#root, key);
  }

  async #inTurn<T>(key: BlobKey, task: (path: string) => Promise<T>): Promise<T> {
    const path = this.#path(key);
    return this.#turns.run(key, () => translated(key, () => task(path)));
  }

  #prepared(): Promise<void> {
    this.#fanOut ??= translated(undefined, () => makeFanOut(this.#fs, this.#root)).catch((error) => {
      this.#fanOut = undefined;
      throw error;
    });
    return this.#fanOut;
  }

  /** With the next call, after somebody removed a directory. */
  #makeFanOutAgain(): void {
    this.#fanOut = undefined;
    void this.close();
  }

  #writer(key: BlobKey, path: string, file: OpenFile, offset: number): FileBlobWriter {
    const writer: FileBlobWriter = new FileBlobWriter(key, file, offset, {
      syncName: () => this.#directories.sync(dirname(path)),
      doubt: (error) => this.#doubtful.set(key, new StoreUnavailable(error)),
      ended: () => {
        if (this.#writers.get(key) === writer) this.#writers.delete(key);
      },
    });
    this.#writers.set(key, writer);
    return writer;
  }

  /** The file of the object's writer, which ends so, or of one that is still to come. */
  async #takeFile(key: BlobKey): Promise<OpenFile | undefined> {
    return (await this.#writers.get(key)?.release()) ?? this.#fresh.take(key);
  }

  async #makeDurable(key: BlobKey, path: string, file: OpenFile, facts: FileFacts): Promise<void> {
    try {
      if (!isCommitted(facts)) await file.chmod(COMMITTED_MODE);
      await file.sync();
      await this.#directories.sync(dirname(path));
    } catch (error) {
      this.#doubtful.set(key, new StoreUnavailable(error));
      throw error;
    }
  }

  #refuseDoubtful(key: BlobKey): void {
    const reason = this.#doubtful.get(key);
    if (reason !== undefined) throw reason;
  }

  #uncommitted(key: BlobKey, facts: FileFacts): FileFacts {
    if (isCommitted(facts)) throw new BlobCommitted(key);
    return facts;
  }

  async #unlink(key: BlobKey, path: string): Promise<void> {
    await this.#fs.unlink(path).catch(ignoreAbsent);
    this.#doubtful.delete(key);
  }

  async #body(key: BlobKey, file: OpenFile, range?: BlobRange): Promise<BlobBody> {
    const start = range?.start ?? 0;
    const wanted = range === undefined ? (await file.stat()).size : range.end - start + 1;
    if (wanted <= SMALL_BODY_BYTES) return readSmall(key, file, start, wanted);
    const { size } = await file.stat();
    if (size < start + wanted) throw new BlobTruncated(key, start + wanted, size);
    return new FileBlobStream(key, file, start, wanted, { readBytes: this.#readBlockBytes, blocks: this.#sendBlocks });
  }
}

function isCommitted(facts: FileFacts): boolean {
  return (facts.mode & WRITABLE) === 0;
}

function ignoreAbsent(error: unknown): undefined {
  if (errorCode(error) !== 'ENOENT') throw error;
  return undefined;
}

async function readSmall(key: BlobKey, file: OpenFile, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, start + filled);
    if (bytesRead === 0) throw new BlobTruncated(key, start + length, start + filled);
    filled += bytesRead;
  }
  return bytes;
}
