import { InternalError, ManifestBlobUnknown } from './errors.js';
import { OciError } from './oci-error.js';
import { OCI_ERRORS } from './oci-errors.js';

export interface ErrorEntry {
  code: string;
  message: string;
  detail?: unknown;
}

export interface RenderedErrors {
  status: number;
  /** distribution-spec, "Error Codes". The list is never empty: clients print nothing useful for an empty one. */
  body: { errors: ErrorEntry[] };
}

/**
 * Status and body of an answer. What is no OciError is answered as an InternalError, whose message is never shown.
 * @param requestId stands in the detail of a 5xx, so that its log line can be found
 */
export function renderErrors(error: unknown, requestId?: string): RenderedErrors {
  const known = error instanceof OciError ? error : new InternalError();
  return { status: known.status, body: { errors: entries(known, requestId) } };
}

function entries(error: OciError, requestId: string | undefined): ErrorEntry[] {
  if (error.status >= 500) {
    const message = error instanceof InternalError ? OCI_ERRORS.internalError.message : error.message;
    return [entry(error.code, message, requestId === undefined ? undefined : { requestId })];
  }
  if (error instanceof ManifestBlobUnknown && error.detail.length > 0) {
    return error.detail.map((digest) => entry(error.code, error.message, digest));
  }
  return [entry(error.code, error.message, error.detail)];
}

function entry(code: string, message: string, detail: unknown): ErrorEntry {
  return detail === undefined ? { code, message } : { code, message, detail };
}
