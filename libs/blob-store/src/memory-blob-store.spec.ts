import { blobStoreContract } from './contract/index.js';
import { localStoreContract } from './contract/local-store.js';
import { MemoryBlobStore } from './memory-blob-store.js';

blobStoreContract('MemoryBlobStore', async () => ({ store: new MemoryBlobStore(), dispose: async () => undefined }));
localStoreContract(async () => new MemoryBlobStore());
