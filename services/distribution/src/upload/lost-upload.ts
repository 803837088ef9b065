import {
  BlobCommitted,
  BlobNotFound,
  BlobSizeMismatch,
  type BlobStoreError,
  BlobTruncated,
  BlobWriterClosed,
} from '@lading/blob-store';
import { BlobUploadUnknown } from '@lading/oci';

const LOST: readonly (abstract new (...args: never[]) => BlobStoreError)[] = [
  BlobCommitted,
  BlobNotFound,
  BlobSizeMismatch,
  BlobTruncated,
  BlobWriterClosed,
];

/**
 * What a request says whose object was taken from under it: the session was cancelled, expired or claimed by a newer
 * request meanwhile, or died between its last two steps (bytes committed, row not changed). Its client starts over.
 * Any other error comes back as it is.
 */
export function asLostUpload(error: unknown): unknown {
  if (!LOST.some((kind) => error instanceof kind)) return error;
  return new BlobUploadUnknown('this upload cannot go on; start again', { cause: error });
}
