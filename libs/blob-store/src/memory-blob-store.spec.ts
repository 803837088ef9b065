import { blobStoreContract } from './blob-store.contract.js';
import { MemoryBlobStore } from './memory-blob-store.js';

blobStoreContract('MemoryBlobStore', async () => ({ store: new MemoryBlobStore(), dispose: async () => undefined }));
