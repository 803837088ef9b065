import { StoreFull, StoreUnavailable } from '@lading/blob-store';
import { OciError, Unavailable } from '@lading/oci';

/** What `/v2/` says of an error from below: a store or database that cannot, at the moment, is 503 (ERR-05). */
export function toOciError(error: unknown): unknown {
  if (error instanceof OciError) return error;
  if (error instanceof StoreFull)
    return new Unavailable('the registry has no room for more bytes at the moment', { cause: error });
  if (error instanceof StoreUnavailable) return new Unavailable('the blob store is not available', { cause: error });
  if (isDatabaseAway(error))
    return new Unavailable('the database is not available', { cause: error, retryAfterSeconds: 5 });
  return error;
}

/** Connection errors of the driver and of the system, and PostgreSQL's classes 08, 53 and 57P (shutting down). */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code ?? '');
  if (/^(ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|08...|53...|57P0.)$/.test(code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect/.test(error.message);
}
