import { inlineHashers, MemoryBlobStore, StoreFull } from '@lading/blob-store';
import type { AbortUploadRequest, BeginUploadRequest, Scope, Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { BeginUpload } from './begin-upload.js';
import { SessionHashes } from './session-hashes.js';

const SCOPE = { name: 'team/app' } as Scope;

class FullStore extends MemoryBlobStore {
  override async begin(): Promise<void> {
    throw new StoreFull(new Error('ENOSPC'));
  }
}

it('ends a session whose object could not be made, with its epoch: nobody was told of it', async () => {
  const ended: AbortUploadRequest[] = [];
  const begun: BeginUploadRequest[] = [];
  const uploads: Partial<UploadPort> = {
    beginUpload: async (request) => {
      begun.push(request);
      return { upload: { ...request, epoch: 0, offset: 0 } as unknown as Upload };
    },
    abortUpload: async (request) => {
      ended.push(request);
      throw new Error('the database is away');
    },
  };
  const store = new FullStore();
  const beginning = new BeginUpload(uploads as UploadPort, store, new SessionHashes(store, inlineHashers));
  await expect(beginning.execute(SCOPE, 'sha256')).rejects.toThrow(StoreFull);
  expect(ended).toMatchObject([{ scope: SCOPE, uploadId: begun[0]?.uploadId, epoch: 0 }]);
});
