import { StoreFull, StoreUnavailable } from '@lading/blob-store';
import { OciError, Unavailable } from '@lading/oci';
import { databaseAwayOr } from '@lading/rpc';

/**
 * What `/v2/` says of an error from below: a store or database that cannot, at the moment, is 503 (ERR-05). A database
 * error arrives here as it was thrown only where `metadata` runs in this process.
 */
export function toOciError(error: unknown): unknown {
  if (error instanceof OciError) return error;
  if (error instanceof StoreFull)
    return new Unavailable('the registry has no room for more bytes at the moment', { cause: error });
  if (error instanceof StoreUnavailable) return new Unavailable('the blob store is not available', { cause: error });
  return databaseAwayOr(error);
}
