import type { BlobProgress } from '@lading/blob-store';
import type { Upload } from '@lading/proto';

/** The recorded progress of a session, for the store. */
export function progressOf({ offset, storeState: state, sealed }: Upload): BlobProgress {
  return { offset, state, sealed };
}
