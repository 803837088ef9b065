import { createHash, type Hash } from 'node:crypto';
import type { ByteHasher, HashAlgorithm, Hashers } from './byte-hasher.js';

/** Hashes on the calling thread: best for small blobs, where a message to another thread costs more than the hash. */
export class InlineHasher implements ByteHasher {
  readonly #hash: Hash;

  constructor(
    readonly algorithm: HashAlgorithm,
    hash: Hash = createHash(algorithm),
  ) {
    this.#hash = hash;
  }

  update(chunks: readonly Uint8Array[]): void {
    for (const chunk of chunks) this.#hash.update(chunk);
  }

  snapshot(): InlineHasher {
    return new InlineHasher(this.algorithm, this.#hash.copy());
  }

  async digest(): Promise<string> {
    return this.#hash.digest('hex');
  }

  /** Nothing to do: the state goes with the object. */
  discard(): void {}
}

export const inlineHashers: Hashers = { create: (algorithm) => new InlineHasher(algorithm) };
