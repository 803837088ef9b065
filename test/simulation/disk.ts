import {
  type BlobBody,
  type BlobEntry,
  type BlobKey,
  type BlobProgress,
  type BlobRange,
  BlobStore,
  type BlobWriter,
  blobKey,
  MemoryBlobStore,
} from '@lading/blob-store';
import { digestOf } from '@lading/oci';

/** Where all bytes are, as it is after any crash, with the digest of what each key holds. */
export class Disk {
  readonly store = new MemoryBlobStore();
  private readonly digests = new Map<BlobKey, string>();
  /** Keys that something was written to and that are not deleted. */
  readonly keys = new Set<BlobKey>();

  /** The digest of the committed bytes of an object; undefined where there are none. */
  digestAt(objectId: string): string | undefined {
    return this.digests.get(blobKey(objectId));
  }

  async begin(key: BlobKey): Promise<void> {
    await this.store.begin(key);
    this.keys.add(key);
  }

  async commit(key: BlobKey, sealed: BlobProgress): Promise<void> {
    await this.store.commit(key, sealed);
    const body = sealed.offset === 0 ? Buffer.alloc(0) : ((await this.store.read(key)) as Buffer);
    this.digests.set(key, digestOf(body));
  }

  async delete(key: BlobKey): Promise<void> {
    await this.store.delete(key);
    this.digests.delete(key);
    this.keys.delete(key);
  }
}

/** Told before each call of the store takes effect. */
export type Gate = (what: string) => Promise<void>;

/** The disk as one process reaches it: each call waits for its turn. */
export class GatedStore extends BlobStore {
  constructor(
    protected readonly disk: Disk,
    protected readonly gate: Gate,
  ) {
    super();
  }

  get readsUncommitted(): boolean {
    return this.disk.store.readsUncommitted;
  }

  async begin(key: BlobKey): Promise<void> {
    await this.gate('begin object');
    await this.disk.begin(key);
  }

  async append(key: BlobKey, from: BlobProgress): Promise<BlobWriter> {
    await this.gate('open object');
    return new GatedWriter(await this.disk.store.append(key, from), this.gate);
  }

  async commit(key: BlobKey, sealed: BlobProgress): Promise<void> {
    await this.gate('commit object');
    await this.disk.commit(key, sealed);
  }

  async read(key: BlobKey, range?: BlobRange): Promise<BlobBody> {
    await this.gate('read object');
    return this.disk.store.read(key, range);
  }

  async delete(key: BlobKey): Promise<void> {
    await this.gate('delete object');
    await this.disk.delete(key);
  }

  list(after?: BlobKey): AsyncIterable<BlobEntry> {
    return this.disk.store.list(after);
  }

  freeBytes(): Promise<number | undefined> {
    return this.disk.store.freeBytes();
  }

  async close(): Promise<void> {}
}

class GatedWriter implements BlobWriter {
  constructor(
    private readonly writer: BlobWriter,
    private readonly gate: Gate,
  ) {}

  get offset(): number {
    return this.writer.offset;
  }

  async write(chunks: readonly Uint8Array[]): Promise<void> {
    const copy = chunks.map((chunk) => Buffer.from(chunk));
    await this.gate('write bytes');
    await this.writer.write(copy);
  }

  async checkpoint(): Promise<BlobProgress> {
    await this.gate('checkpoint bytes');
    return this.writer.checkpoint();
  }

  async sync(): Promise<BlobProgress> {
    await this.gate('sync bytes');
    return this.writer.sync();
  }

  async seal(): Promise<BlobProgress> {
    await this.gate('seal bytes');
    return this.writer.seal();
  }

  close(): Promise<void> {
    return this.writer.close();
  }
}
