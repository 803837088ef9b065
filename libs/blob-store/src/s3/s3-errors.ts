import { BlobNotFound, BlobStoreError, StoreFull, StoreUnavailable } from '../blob-store.errors.js';
import { type CallFacts, RETRYABLE_STATUS } from './s3-transport.js';

const FULL = new Set(['InsufficientStorage', 'QuotaExceeded', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded']);
/** `InvalidPart`: a part is not the one that was recorded, so the upload cannot be completed any more. */
const MISSING = new Set(['NoSuchKey', 'NotFound', 'NoSuchUpload', 'InvalidPart', 'InvalidPartOrder']);
/** What the next try may not meet, whatever the status: a 200 may end in one, and AWS says 400 or 409 of some. */
const PASSING = new Set([
  ...['InternalError', 'SlowDown', 'ServiceUnavailable', 'RequestTimeout'],
  ...['OperationAborted', 'ConditionalRequestConflict'],
]);
/** The connection, not the server, failed; a stale one that was kept open among them. */
const NETWORK = new Set(['ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN']);

/** An error of S3 or of the way there, with what its answer said. */
export class S3Error extends Error {
  constructor(
    readonly code: string,
    readonly status: number | undefined,
    cause: unknown,
  ) {
    super(status ? `S3 answered ${status} ${code}`.trimEnd() : `S3 cannot be reached: ${code}`, { cause });
  }

  get mayPass(): boolean {
    return NETWORK.has(this.code) || PASSING.has(this.code) || RETRYABLE_STATUS.has(this.status ?? 0);
  }
}

/**
 * What the library threw as an S3Error. It may have thrown no Error at all: a completion that failed after its 200 gives
 * `{Code, Message}`. Defects in the code pass unchanged.
 */
export function toS3Error(thrown: unknown, facts: CallFacts): unknown {
  if (thrown instanceof BlobStoreError || thrown instanceof S3Error) return thrown;
  const { code, Code } = (thrown ?? {}) as { code?: unknown; Code?: unknown };
  const known = [code, Code, facts.code].find((value) => typeof value === 'string');
  if (known === undefined && (facts.status ?? 0) < 400) return thrown;
  return new S3Error(String(known ?? ''), facts.status, thrown);
}

/** The store's error for one of S3. */
export function toStoreError(error: unknown, key?: string): unknown {
  if (!(error instanceof S3Error)) return error;
  if (error.status === 507 || FULL.has(error.code)) return new StoreFull(error);
  if (key !== undefined && MISSING.has(error.code)) return new BlobNotFound(key);
  return new StoreUnavailable(error);
}
