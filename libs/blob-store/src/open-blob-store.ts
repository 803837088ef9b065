import { join } from 'node:path';
import type { BlobStore } from './blob-store.port.js';
import { FileBlobStore } from './file-blob-store.js';
import { S3BlobStore } from './s3/s3-blob-store.js';
import type { S3Options } from './s3/s3-connection.js';

/**
 * The store of a service: the bucket that was configured, else the files of the data directory.
 *
 * @throws Error that says what is wrong where the bucket cannot be used
 */
export async function openBlobStore(dataDir: string, s3: S3Options | undefined): Promise<BlobStore> {
  if (s3 === undefined) return new FileBlobStore(join(dataDir, 'blobs'));
  const store = new S3BlobStore(s3);
  await store.assertBucket();
  return store;
}
