import { type BlobStore, blobKey, type HashAlgorithm, type Hashers, inlineHashers } from '@lading/blob-store';
import type { Upload } from '@lading/proto';
import { SessionHash } from './session-hash.js';

/** Sessions between two of their requests whose hash is kept. */
const MOST_KEPT = 1_000;

/** Up to here a hash on the event loop (0.7 ms per MiB) costs less than the messages to another thread. */
const SMALL_BYTES = 512 * 1024;

/**
 * Hashes of sessions that are between two requests. A cache and no more: what is not here is computed from the stored
 * bytes, on this process or another.
 */
export class SessionHashes {
  private readonly kept = new Map<string, { hash: SessionHash; offset: number }>();

  /** @param hashers for bytes that are many; few are hashed inline. */
  constructor(
    private readonly store: BlobStore,
    private readonly hashers: Hashers,
  ) {}

  /**
   * The hash to continue a session with, or a new one. Taken out: one request uses it.
   *
   * @param coming how many bytes the request says it carries.
   */
  take(upload: Upload, algorithm: HashAlgorithm, coming = Number.POSITIVE_INFINITY): SessionHash {
    const known = this.kept.get(upload.uploadId);
    this.kept.delete(upload.uploadId);
    if (known && known.offset === upload.offset && known.hash.algorithm === algorithm) return known.hash;
    known?.hash.discard();
    const hashers = upload.offset + coming <= SMALL_BYTES ? inlineHashers : this.hashers;
    return new SessionHash(this.store, blobKey(upload.objectId), algorithm, hashers, upload.offset);
  }

  /** Keeps a hash that has taken in, or can read, every byte before `offset`. */
  keep(uploadId: string, offset: number, hash: SessionHash): void {
    this.drop(uploadId);
    this.kept.set(uploadId, { hash, offset });
    for (const [oldest, { hash: dropped }] of this.kept) {
      if (this.kept.size <= MOST_KEPT) return;
      this.kept.delete(oldest);
      dropped.discard();
    }
  }

  /** Forgets a session that ended. */
  drop(uploadId: string): void {
    this.kept.get(uploadId)?.hash.discard();
    this.kept.delete(uploadId);
  }
}
