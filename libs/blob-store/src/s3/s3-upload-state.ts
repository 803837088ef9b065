import { StoreUnavailable } from '../blob-store.errors.js';
import type { BlobProgress } from '../blob-store.port.js';

/** What the row of an upload keeps for S3. */
export interface S3UploadState {
  /** Id of the multipart upload, once there was a whole part. */
  readonly uploadId?: string;
  /** ETags of the parts, in order. The sizes follow from their numbers (s3-parts.ts). */
  readonly etags: readonly string[];
  /** Suffix of the object that has the bytes behind the parts. */
  readonly tail?: string;
  /** Suffix of the tail before, which the progress before this one named. */
  readonly formerTail?: string;
  /** Bytes of the whole object, once it is sealed. */
  readonly size?: number;
}

/** @throws StoreUnavailable for a state that this store did not write */
export function decodeState(progress: BlobProgress): S3UploadState {
  if (progress.state === undefined) return { etags: [] };
  try {
    const { u, p, t, f, s } = JSON.parse(progress.state) as Record<string, unknown>;
    if (!Array.isArray(p)) throw new TypeError('no parts');
    return clean({ uploadId: u, etags: p, tail: t, formerTail: f, size: s });
  } catch (cause) {
    throw new StoreUnavailable(new Error('the recorded state of an upload is not one of S3', { cause }));
  }
}

/** Short names, because a large blob has thousands of parts and its row is written every 64 MiB. */
export function encodeState({ uploadId, etags, tail, formerTail, size }: S3UploadState): string | undefined {
  if (uploadId === undefined && tail === undefined && formerTail === undefined) return undefined;
  return JSON.stringify({ u: uploadId, p: etags, t: tail, f: formerTail, s: size });
}

function clean(state: Record<keyof S3UploadState, unknown>): S3UploadState {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value != null)) as unknown as S3UploadState;
}
