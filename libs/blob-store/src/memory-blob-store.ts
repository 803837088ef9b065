import { Readable } from 'node:stream';
import { assertBlobKey, type BlobKey } from './blob-key.js';
import { assertByteCount, assertRange, SMALL_BODY_BYTES } from './blob-range.js';
import {
  BlobCommitted,
  BlobExists,
  BlobNotFound,
  BlobSizeMismatch,
  BlobTruncated,
  BlobWriterClosed,
} from './blob-store.errors.js';
import {
  type BlobBody,
  type BlobEntry,
  type BlobProgress,
  type BlobRange,
  BlobStore,
  type BlobWriter,
} from './blob-store.port.js';

/** An uncommitted object. A writer that is not `writer` has lost it. */
interface OpenObject {
  bytes: Buffer;
  writer: MemoryBlobWriter | undefined;
}

/** Objects in memory, for unit tests. Uncommitted objects are kept apart and never listed. */
export class MemoryBlobStore extends BlobStore {
  readonly readsUncommitted: boolean = true;
  readonly #open = new Map<BlobKey, OpenObject>();
  readonly #committed = new Map<BlobKey, Buffer>();

  async begin(key: BlobKey): Promise<void> {
    assertBlobKey(key);
    if (this.#open.has(key) || this.#committed.has(key)) throw new BlobExists(key);
    this.#open.set(key, { bytes: Buffer.alloc(0), writer: undefined });
  }

  async append(key: BlobKey, { offset }: BlobProgress): Promise<BlobWriter> {
    assertBlobKey(key);
    assertByteCount(offset);
    if (this.#committed.has(key)) throw new BlobCommitted(key);
    const object = this.#open.get(key);
    if (object === undefined) throw new BlobNotFound(key);
    if (object.bytes.byteLength < offset) throw new BlobTruncated(key, offset, object.bytes.byteLength);
    object.bytes = object.bytes.subarray(0, offset);
    object.writer = new MemoryBlobWriter(key, (writer) => {
      const owned = this.#open.get(key);
      return owned?.writer === writer ? owned : undefined;
    });
    object.writer.offset = offset;
    return object.writer;
  }

  async commit(key: BlobKey, { offset: size }: BlobProgress): Promise<void> {
    assertBlobKey(key);
    assertByteCount(size);
    const object = this.#open.get(key);
    const bytes = object?.bytes ?? this.#committed.get(key);
    if (bytes === undefined) throw new BlobNotFound(key);
    if (object !== undefined) object.writer = undefined;
    if (bytes.byteLength !== size) throw new BlobSizeMismatch(key, size, bytes.byteLength);
    this.#committed.set(key, bytes);
    this.#open.delete(key);
  }

  async read(key: BlobKey, range?: BlobRange): Promise<BlobBody> {
    assertBlobKey(key);
    if (range !== undefined) assertRange(range);
    const bytes = this.#committed.get(key) ?? this.#open.get(key)?.bytes;
    if (bytes === undefined) throw new BlobNotFound(key);
    const { start, end } = range ?? { start: 0, end: bytes.byteLength - 1 };
    if (end >= bytes.byteLength) throw new BlobTruncated(key, end + 1, bytes.byteLength);
    const body = Buffer.from(bytes.subarray(start, end + 1));
    return body.byteLength <= SMALL_BODY_BYTES ? body : Readable.from([body], { objectMode: false });
  }

  async delete(key: BlobKey): Promise<void> {
    assertBlobKey(key);
    this.#open.delete(key);
    this.#committed.delete(key);
  }

  async *list(after?: BlobKey): AsyncGenerator<BlobEntry> {
    if (after !== undefined) assertBlobKey(after);
    for (const key of [...this.#committed.keys()].sort()) {
      const size = this.#committed.get(key)?.byteLength;
      if (size !== undefined && (after === undefined || key > after)) yield { key, size };
    }
  }

  async freeBytes(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}
}

class MemoryBlobWriter implements BlobWriter {
  offset = 0;
  #closed = false;

  constructor(
    private readonly key: BlobKey,
    private readonly owned: (writer: MemoryBlobWriter) => OpenObject | undefined,
  ) {}

  async write(chunks: readonly Uint8Array[]): Promise<void> {
    const object = this.#object();
    object.bytes = Buffer.concat([object.bytes, ...chunks]);
    this.offset = object.bytes.byteLength;
  }

  async checkpoint(): Promise<BlobProgress> {
    return this.sync();
  }

  async sync(): Promise<BlobProgress> {
    this.#object();
    return { offset: this.offset };
  }

  async seal(): Promise<BlobProgress> {
    return this.sync();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #object(): OpenObject {
    const object = this.#closed ? undefined : this.owned(this);
    if (object === undefined) throw new BlobWriterClosed(this.key);
    return object;
  }
}
