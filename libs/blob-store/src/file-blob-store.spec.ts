import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blobStoreContract } from './contract/index.js';
import { localStoreContract } from './contract/local-store.js';
import { FileBlobStore } from './file-blob-store.js';

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))));

async function make(): Promise<FileBlobStore> {
  const directory = await mkdtemp(join(tmpdir(), 'lading-blobs-'));
  directories.push(directory);
  return new FileBlobStore(join(directory, 'store'));
}

blobStoreContract('FileBlobStore', async () => {
  const store = await make();
  return { store, dispose: () => store.close() };
});
localStoreContract(make);
