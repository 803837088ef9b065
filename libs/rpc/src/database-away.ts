import { OciError, Unavailable } from '@lading/oci';

// SQLSTATE classes (PostgreSQL manual, appendix A) of errors that pass without a change of ours: connection lost, out
// of resources, shut down or cancelled, failure of its disk; and of a server that takes no connections or no writes;
// and conflicts that were still there after the last try.
const PASSING = /^(08|53|57|58)...$|^55000$|^25006$|^(40001|40P01|55P03)$/;
/** What Node says of a socket. */
const SOCKET = /^E[A-Z]+$/;
/** What `pg` says without a code: a connection that broke under a query, none got in time, a server that says nothing. */
const LOST =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error/i;

/** Seconds that a caller is told to wait for a database that is away. */
const RETRY_AFTER_SECONDS = 5;

/**
 * What is answered for an error: `Unavailable` for one of a service's own database that a later call may not meet, any
 * other as it is. For the edges of a service, where errors become answers; within it such an error goes up as it was
 * thrown, also through the ports of services in the same process.
 */
export function databaseAwayOr(error: unknown): unknown {
  if (!isDatabaseAway(error)) return error;
  return new Unavailable('the database is not available', { cause: error, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function isDatabaseAway(error: unknown): boolean {
  if (error instanceof OciError) return false;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && code !== '') return PASSING.test(code) || SOCKET.test(code);
  return LOST.test(String(message));
}
