import {
  type BlobKey,
  type BlobStore,
  type ByteHasher,
  type HashAlgorithm,
  HasherLost,
  type Hashers,
} from '@lading/blob-store';
import { BlobUploadUnknown } from '@lading/oci';

/**
 * The hash of an upload's bytes while they arrive: one pass over the same memory that is written to disk.
 *
 * What it did not take in on their way it reads from the store: before the digest, or earlier and beside the arrival
 * of further bytes where `readTo` was called. A session's requests each work on a fork of its hash, so that one that
 * fails takes nothing away, and what has to be read is read once for all of them.
 */
export class SessionHash {
  private hasher: ByteHasher | undefined;
  private hashed = 0;
  /** How far `readTo` asked to read. */
  private wanted = 0;
  /** While bytes are read, here or in the hash this one was forked from. Never rejects: `digest` tries again, and tells. */
  private reading: Promise<void> | undefined;
  private ended = false;
  private overtaken = false;

  constructor(
    private readonly store: BlobStore,
    private readonly key: BlobKey,
    readonly algorithm: HashAlgorithm,
    private readonly hashers: Hashers,
  ) {}

  get isReading(): boolean {
    return this.reading !== undefined;
  }

  /** How many bytes it has taken in, or will have when it has read what was asked. */
  get end(): number {
    return Math.max(this.hashed, this.wanted);
  }

  /** Takes in bytes written at `offset`, if it is so far; they may not change until this settles. */
  async take(offset: number, chunks: readonly Uint8Array[]): Promise<void> {
    if (this.isReading || this.ended || this.hashed !== offset) return;
    this.hasher ??= this.hashers.create(this.algorithm);
    try {
      await this.hasher.update(chunks);
      this.hashed += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    } catch (error) {
      if (!(error instanceof HasherLost)) throw error;
      this.forget();
    }
  }

  /**
   * Starts to read what is missing of the first `offset` bytes, which are stored and do not change any more. Where the
   * store gives committed bytes alone, `digest` reads them.
   */
  readTo(offset: number): void {
    if (!this.store.readsUncommitted) return;
    this.wanted = Math.max(this.wanted, offset);
    if (!this.isReading && this.hashed < this.wanted) this.reading = this.readOn();
  }

  /**
   * One that goes on by itself from the same bytes; it waits for what is being read here.
   *
   * @param offset where it goes on. When more has been read by then, a newer request took the session over.
   */
  fork(offset: number): SessionHash {
    const fork = new SessionHash(this.store, this.key, this.algorithm, this.hashers);
    if (this.isReading) fork.reading = fork.follow(this, offset);
    else fork.copy(this, offset);
    return fork;
  }

  /**
   * The hex digest of the first `size` bytes, which are all stored. Ends this hash.
   *
   * @throws BlobUploadUnknown when the session ended or was taken over while it was waited for.
   */
  async digest(size: number): Promise<string> {
    try {
      await this.reading;
      if (this.overtaken) throw new BlobUploadUnknown('another request took this upload over');
      return await this.completed(size).catch((error) => {
        if (!(error instanceof HasherLost)) throw error;
        this.forget();
        return this.completed(size);
      });
    } finally {
      this.discard();
    }
  }

  /** Stops what it reads, and frees what it holds. */
  discard(): void {
    this.ended = true;
    this.hasher?.discard();
  }

  private async readOn(): Promise<void> {
    try {
      while (!this.ended && this.hashed < this.wanted) await this.catchUp(this.wanted);
    } catch {
      this.forget();
    } finally {
      this.reading = undefined;
    }
  }

  private async follow(other: SessionHash, offset: number): Promise<void> {
    while (other.isReading) await other.reading;
    this.reading = undefined;
    this.copy(other, offset);
  }

  /** Only between two updates: a copy has all bytes of an update that is under way, or none. */
  private copy(other: SessionHash, offset: number): void {
    this.overtaken = other.ended || other.hashed > offset;
    if (this.overtaken || this.ended || !other.hasher) return;
    this.hasher = other.hasher.snapshot();
    this.hashed = other.hashed;
  }

  private async completed(size: number): Promise<string> {
    await this.catchUp(size);
    return (this.hasher as ByteHasher).digest();
  }

  private async catchUp(size: number): Promise<void> {
    this.hasher ??= this.hashers.create(this.algorithm);
    const { hasher } = this;
    if (this.hashed === size) return;
    const body = await this.store.read(this.key, { start: this.hashed, end: size - 1 });
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
      if (this.ended) return;
      await hasher.update([chunk]);
      this.hashed += chunk.length;
    }
  }

  /** The state is of no use any more; all bytes are read again when they are needed. */
  private forget(): void {
    this.hasher?.discard();
    this.hasher = undefined;
    this.hashed = 0;
  }
}
