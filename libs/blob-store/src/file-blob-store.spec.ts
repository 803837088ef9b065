import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobStoreContract } from './blob-store.contract.js';
import { FileBlobStore } from './file-blob-store.js';

blobStoreContract('FileBlobStore', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lading-blobs-'));
  return {
    store: new FileBlobStore(join(directory, 'store')),
    dispose: () => rm(directory, { recursive: true }),
  };
});
