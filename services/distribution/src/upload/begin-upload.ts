import { randomUUID } from 'node:crypto';
import { type BlobStore, blobKey, type HashAlgorithm } from '@lading/blob-store';
import { uuidV7 } from '@lading/platform';
import type { Scope, Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { SessionHashes } from './session-hashes.js';

/** Opens an upload session: the row is committed before the object exists, and the object before its first byte. */
export class BeginUpload {
  constructor(
    private readonly uploads: UploadPort,
    private readonly store: BlobStore,
    private readonly hashes: SessionHashes,
  ) {}

  async execute(scope: Scope, algorithm: HashAlgorithm): Promise<Upload> {
    const ids = { uploadId: randomUUID(), objectId: uuidV7() };
    const upload = (await this.uploads.beginUpload({ scope, ...ids, algorithm })).upload as Upload;
    await this.orEnd(scope, upload, () => this.store.begin(blobKey(ids.objectId)));
    return upload;
  }

  /**
   * What a POST does before its client is told of the session. When that fails nobody can name the session, to go on or
   * to cancel it: it ends, and does not count as open for a day.
   *
   * @throws what `work` throws
   */
  async orEnd(scope: Scope, { uploadId, epoch }: Upload, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.hashes.drop(uploadId);
      // It has ended already where the digest was wrong. Where truth cannot be reached, it expires.
      await this.uploads.abortUpload({ scope, uploadId, epoch, operationId: randomUUID() }).catch(() => undefined);
      throw error;
    }
  }
}
