import { randomUUID } from 'node:crypto';
import { type BlobProgress, type BlobStore, blobKey, type HashAlgorithm } from '@lading/blob-store';
import { BlobUploadUnknown, type Digest, DigestInvalid, digestAlgorithm, digestEncoded } from '@lading/oci';
import type { Scope, Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { Claims } from './claims.js';
import { asLostUpload } from './lost-upload.js';
import type { SessionHash } from './session-hash.js';
import { SessionHashes } from './session-hashes.js';

/**
 * Closes an upload: the digest of what was stored, the bytes made durable, then the row, then the answer. The row comes
 * last, because an acknowledged blob must survive a loss of power, and a row must never name bytes that are not there.
 *
 * Where a store gives committed bytes alone (S3), they are committed first, and an object with another digest goes again:
 * nobody can see it before its row says so. What it commits is recorded before (`BlobProgress.sealed`).
 */
export class FinishUpload {
  constructor(
    private readonly uploads: UploadPort,
    private readonly store: BlobStore,
    private readonly hashes: SessionHashes,
    private readonly claims: Claims,
  ) {}

  /**
   * @param sealed the whole blob.
   * @throws DigestInvalid when the bytes have another digest; the session is over then (UPL-31). BlobUploadUnknown when it
   *   ended meanwhile or another request took it over.
   */
  async execute(scope: Scope, upload: Upload, digest: Digest, sealed: BlobProgress, hash: SessionHash): Promise<void> {
    const { uploadId } = upload;
    const readsUncommitted = this.store.readsUncommitted;
    const verify = () => this.verify(scope, upload, digest, sealed.offset, hash);
    const show = () => this.show(scope, upload, digest, sealed.offset);
    try {
      if (readsUncommitted) await verify();
      // One turn: a newer claim either comes before, and this request is not the writer any more, or finds it done.
      await this.claims.inTurn(uploadId, async () => {
        await this.commit(upload, sealed);
        if (readsUncommitted) await show();
      });
      if (!readsUncommitted) await verify().then(show);
    } finally {
      hash.discard();
    }
    this.hashes.drop(uploadId);
  }

  /** The session's hash is dropped once the session is known to end here: a newer request may be at work with it. */
  private async verify(scope: Scope, upload: Upload, digest: Digest, size: number, hash: SessionHash): Promise<void> {
    const { uploadId, epoch } = upload;
    const actual = await this.hexOf(upload, digest, size, hash).catch(rethrow);
    if (actual === digestEncoded(digest)) return;
    await this.uploads.abortUpload({ scope, uploadId, epoch, operationId: randomUUID() });
    this.hashes.drop(uploadId);
    const detail = { expected: digest, actual: `${digestAlgorithm(digest)}:${actual}` };
    throw new DigestInvalid('the bytes received do not have this digest; the upload has ended', { detail });
  }

  private async commit(upload: Upload, sealed: BlobProgress): Promise<void> {
    const { uploadId, epoch, objectId } = upload;
    if (!this.claims.isNewest(uploadId, epoch)) throw new BlobUploadUnknown('another request took this upload over');
    if (sealed.sealed && !upload.sealed) {
      const { offset, state: storeState } = sealed;
      const { held } = await this.uploads.recordProgress({ uploadId, epoch, offset, storeState, sealed: true });
      if (!held) throw new BlobUploadUnknown('another request took this upload over');
    }
    await this.store.commit(blobKey(objectId), sealed).catch(rethrow);
  }

  private async show(scope: Scope, upload: Upload, digest: Digest, size: number): Promise<void> {
    const { uploadId, epoch, repositoryId } = upload;
    await this.uploads.finishUpload({ scope, uploadId, epoch, digest, size, repositoryId });
  }

  /** A digest of another algorithm than was hashed on the way is computed from the stored bytes (NAME-11). */
  private hexOf(upload: Upload, digest: Digest, size: number, hash: SessionHash): Promise<string> {
    const algorithm = digestAlgorithm(digest) as HashAlgorithm;
    if (hash.algorithm === algorithm) return hash.digest(size);
    hash.discard();
    return this.hashes.take(upload, algorithm, size - upload.offset).digest(size);
  }
}

function rethrow(error: unknown): never {
  throw asLostUpload(error);
}
