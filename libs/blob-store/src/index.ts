export { assertBlobKey, type BlobKey, blobKey, isBlobKey } from './blob-key.js';
export * from './blob-store.errors.js';
export { type BlobBody, type BlobEntry, type BlobRange, BlobStore, type BlobWriter } from './blob-store.port.js';
export { FileBlobStore, type FileBlobStoreOptions } from './file-blob-store.js';
export { MemoryBlobStore } from './memory-blob-store.js';
