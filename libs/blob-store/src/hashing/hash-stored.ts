import type { BlobKey } from '../blob-key.js';
import type { BlobStore } from '../blob-store.port.js';
import type { ByteHasher, HashAlgorithm, Hashers } from './byte-hasher.js';
import { inlineHashers } from './inline-hasher.js';

/**
 * Hashes the first `size` stored bytes again, for a session that continues in a process without its hash state. The
 * hasher it gives can take the bytes that follow. Holds two blocks of the store's stream at most.
 * @throws BlobNotFound, BlobTruncated if fewer bytes are there, HasherLost; `signal`'s reason once it is aborted
 */
export async function hashStored(
  store: BlobStore,
  key: BlobKey,
  size: number,
  algorithm: HashAlgorithm,
  { hashers = inlineHashers, signal }: { hashers?: Hashers; signal?: AbortSignal } = {},
): Promise<ByteHasher> {
  const hasher = hashers.create(algorithm);
  try {
    if (size === 0) return hasher;
    const body = await store.read(key, { start: 0, end: size - 1 });
    for await (const chunk of Buffer.isBuffer(body) ? [body] : body) {
      signal?.throwIfAborted();
      await hasher.update([chunk]);
    }
    return hasher;
  } catch (error) {
    hasher.discard();
    throw error;
  }
}
