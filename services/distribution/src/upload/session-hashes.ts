import { type BlobStore, blobKey, type HashAlgorithm, type Hashers } from '@lading/blob-store';
import type { Upload } from '@lading/proto';
import { SessionHash } from './session-hash.js';

/** Sessions between two of their requests whose hash is kept. */
const MOST_KEPT = 1_000;

/**
 * Hashes of sessions that are between two requests. A cache and no more: what is not here is computed from the stored
 * bytes, on this process or another.
 */
export class SessionHashes {
  private readonly kept = new Map<string, { hash: SessionHash; offset: number }>();

  constructor(
    private readonly store: BlobStore,
    private readonly hashers: Hashers,
  ) {}

  /** The hash to continue a session with, or a new one. Taken out: one request uses it. */
  take(upload: Upload, algorithm: HashAlgorithm): SessionHash {
    const known = this.kept.get(upload.uploadId);
    this.kept.delete(upload.uploadId);
    if (known && known.offset === upload.offset && known.hash.algorithm === algorithm) return known.hash;
    known?.hash.discard();
    return new SessionHash(this.store, blobKey(upload.objectId), algorithm, this.hashers, upload.offset);
  }

  /** Keeps a hash that has taken in, or can read, every byte before `offset`. */
  keep(uploadId: string, offset: number, hash: SessionHash): void {
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
