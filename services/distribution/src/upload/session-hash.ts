import {
  type BlobKey,
  type BlobStore,
  type ByteHasher,
  type HashAlgorithm,
  type Hashers,
  hashStored,
} from '@lading/blob-store';

/**
 * The hash of an upload's bytes while they arrive: one pass over the same memory that is written to disk.
 *
 * A process that continues a session it has no state for starts to read the earlier bytes at once, while the new ones
 * are received; those are hashed from the store afterwards, so the closing PUT waits for what is left of that.
 */
export class SessionHash {
  private hasher: ByteHasher | undefined;
  private hashed = 0;
  private earlier: Promise<void> | undefined;
  private failure: unknown;

  /** @param from bytes that are stored already and not hashed here. */
  constructor(
    private readonly store: BlobStore,
    private readonly key: BlobKey,
    readonly algorithm: HashAlgorithm,
    private readonly hashers: Hashers,
    from: number,
  ) {
    if (from === 0) this.hasher = hashers.create(algorithm);
    else this.earlier = this.readEarlier(from);
  }

  /** Takes in bytes written at `offset`, if it is so far; they may not change until this settles. */
  async take(offset: number, chunks: readonly Uint8Array[]): Promise<void> {
    if (this.earlier || !this.hasher || this.hashed !== offset) return;
    await this.hasher.update(chunks);
    this.hashed += chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  /** True when every byte before `offset` and none after it was taken in, or will be. */
  canContinueAt(offset: number): boolean {
    return this.earlier !== undefined || this.hashed <= offset;
  }

  /** The hex digest of the first `size` bytes, which are all stored. Ends this hash. */
  async digest(size: number): Promise<string> {
    await this.earlier;
    if (this.failure) throw this.failure;
    await this.catchUp(size);
    return (this.hasher as ByteHasher).digest();
  }

  /** Frees what it holds. */
  discard(): void {
    this.hasher?.discard();
  }

  private async readEarlier(size: number): Promise<void> {
    try {
      this.hasher = await hashStored(this.store, this.key, size, this.algorithm, { hashers: this.hashers });
      this.hashed = size;
    } catch (error) {
      this.failure = error;
    } finally {
      this.earlier = undefined;
    }
  }

  private async catchUp(size: number): Promise<void> {
    if (this.hashed === size) return;
    const body = await this.store.read(this.key, { start: this.hashed, end: size - 1 });
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
      await (this.hasher as ByteHasher).update([chunk]);
      this.hashed += chunk.length;
    }
  }
}
