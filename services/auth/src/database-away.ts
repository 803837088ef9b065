import { Unavailable } from '@lading/oci';

// SQLSTATE classes (PostgreSQL manual, appendix A) of errors that pass without a change of ours: connection lost, out
// of resources, shut down or cancelled, failure of its disk; and of a server that takes no connections or no writes.
const PASSING = /^(08|53|57|58)...$|^55000$|^25006$/;
/** What Node says of a socket. */
const SOCKET = /^E[A-Z]+$/;
/** What `pg` says without a code: a connection that broke under a query, none got in time. */
const LOST = /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** The answer of a query; while the database is away, `Unavailable` instead of its error. */
export async function orUnavailable<T>(query: Promise<T>): Promise<T> {
  try {
    return await query;
  } catch (error) {
    throw isAway(error) ? new Unavailable(undefined, { cause: error, retryAfterSeconds: 2 }) : error;
  }
}

function isAway(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && code !== '') return PASSING.test(code) || SOCKET.test(code);
  return LOST.test(String(message));
}
