import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { fromWire, InternalError, OciError, toWire, Unavailable } from '@lading/oci';
import { databaseAwayOr } from './database-away.js';

/** Trailer that carries a domain error through gRPC, so that both shapes throw the same classes. */
const TRAILER = 'lading-error-bin';

/**
 * What a gRPC server answers for a domain error: a status, and the error itself in a trailer. A database that is away is
 * `Unavailable`, as it is where the service is called within its process.
 */
export function toServiceError(thrown: unknown): Partial<ServiceError> {
  const error = databaseAwayOr(thrown);
  if (!(error instanceof OciError)) return { code: status.INTERNAL, details: 'internal error' };
  const metadata = new Metadata();
  metadata.set(TRAILER, Buffer.from(JSON.stringify(toWire(error))));
  return { code: status.FAILED_PRECONDITION, details: error.code, metadata };
}

/** The domain error behind a failed call; a service that cannot be reached is `UNAVAILABLE`. */
export function fromServiceError(error: ServiceError): OciError {
  const [trailer] = error.metadata?.get(TRAILER) ?? [];
  if (Buffer.isBuffer(trailer)) return fromWire(JSON.parse(trailer.toString('utf8')));
  if (isTransient(error)) return new Unavailable(undefined, { cause: error });
  return new InternalError(undefined, { cause: error });
}

/** True when nothing is known about whether the call was carried out. */
export function isTransient(error: ServiceError): boolean {
  return error.code === status.UNAVAILABLE || error.code === status.DEADLINE_EXCEEDED;
}
