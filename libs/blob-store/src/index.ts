export { assertBlobKey, type BlobKey, blobKey, isBlobKey } from './blob-key.js';
export { BlobRedirector, isBlobRedirector } from './blob-redirector.js';
export { type BlobSender, isBlobSender } from './blob-sender.js';
export * from './blob-store.errors.js';
export {
  BLOB_START,
  type BlobBody,
  type BlobEntry,
  type BlobProgress,
  type BlobRange,
  BlobStore,
  type BlobWriter,
} from './blob-store.port.js';
export { FileBlobStore, type FileBlobStoreOptions } from './file-blob-store.js';
export { BlockPool } from './hashing/block-pool.js';
export { type ByteHasher, type HashAlgorithm, HasherLost, type Hashers } from './hashing/byte-hasher.js';
export { HashThreadPool } from './hashing/hash-thread-pool.js';
export { InlineHasher, inlineHashers } from './hashing/inline-hasher.js';
export { WorkerHasher } from './hashing/worker-hasher.js';
export { MemoryBlobStore } from './memory-blob-store.js';
export { openBlobStore } from './open-blob-store.js';
