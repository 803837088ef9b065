import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobStoreContract } from './blob-store.contract.js';
import { FileBlobStore } from './file-blob-store.js';

blobStoreContract('FileBlobStore', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lading-blobs-'));
  const store = new FileBlobStore(join(directory, 'store'));
  const dispose = async () => {
    await store.close();
    await rm(directory, { recursive: true });
  };
  return { store, dispose };
});
