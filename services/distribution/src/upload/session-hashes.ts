import { type BlobStore, blobKey, type HashAlgorithm, type Hashers, inlineHashers } from '@lading/blob-store';
import type { Upload } from '@lading/proto';
import { SessionHash } from './session-hash.js';

/** Sessions whose hash is kept; those that are being read come on top. */
const MOST_KEPT = 1_000;

/** Up to here a hash on the event loop (0.7 ms per MiB) costs less than the messages to another thread. */
const SMALL_BYTES = 512 * 1024;

/**
 * The hash of each session at its recorded offset. A cache and no more: what is not here is computed from the stored
 * bytes, on this process or another.
 *
 * Requests get a fork and leave the kept one alone, whatever becomes of them: a session's bytes are read again once, and
 * not with each request that fails. That matters because such a request may be a few bytes long and the upload many GB.
 */
export class SessionHashes {
  private readonly kept = new Map<string, SessionHash>();

  /** @param hashers for bytes that are many; few are hashed inline. */
  constructor(
    private readonly store: BlobStore,
    private readonly hashers: Hashers,
  ) {}

  /**
   * The hash to continue a session with, for one request.
   *
   * @param coming how many bytes the request says it carries.
   */
  take(upload: Upload, algorithm: HashAlgorithm, coming = Number.POSITIVE_INFINITY): SessionHash {
    const { uploadId, offset } = upload;
    const hashers = offset + coming <= SMALL_BYTES ? inlineHashers : this.hashers;
    const fresh = () => new SessionHash(this.store, blobKey(upload.objectId), algorithm, hashers);
    if (offset === 0) return fresh();
    const known = this.kept.get(keyOf(uploadId, algorithm));
    const base = known && known.end <= offset ? known : fresh();
    this.put(uploadId, base);
    base.readTo(offset);
    return base.fork(offset);
  }

  /** Keeps a hash that has taken in, or can read, every byte before `offset`, which is recorded. */
  keep(uploadId: string, offset: number, hash: SessionHash): void {
    const base = this.kept.get(keyOf(uploadId, hash.algorithm));
    // One that still waits for the kept one has nothing that this will not have.
    if (base?.isReading && hash.isReading) {
      hash.discard();
      base.readTo(offset);
    } else {
      this.put(uploadId, hash);
      hash.readTo(offset);
    }
  }

  /** Forgets a session that ended. */
  drop(uploadId: string): void {
    for (const algorithm of ['sha256', 'sha512'] as const) {
      const key = keyOf(uploadId, algorithm);
      this.kept.get(key)?.discard();
      this.kept.delete(key);
    }
  }

  private put(uploadId: string, hash: SessionHash): void {
    const key = keyOf(uploadId, hash.algorithm);
    const before = this.kept.get(key);
    if (before !== hash) before?.discard();
    this.kept.delete(key);
    this.kept.set(key, hash);
    for (const [oldest, kept] of this.kept) {
      if (this.kept.size <= MOST_KEPT) return;
      // Requests may wait for one that is being read.
      if (kept.isReading || kept === hash) continue;
      this.kept.delete(oldest);
      kept.discard();
    }
  }
}

function keyOf(uploadId: string, algorithm: HashAlgorithm): string {
  return `${uploadId} ${algorithm}`;
}
