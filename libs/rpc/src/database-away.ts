import { OciError } from '@lading/oci';

// SQLSTATE classes (PostgreSQL manual, appendix A) of errors that pass without a change of ours: connection lost, out
// of resources, shut down or cancelled, failure of its disk; and of a server that takes no connections or no writes;
// and conflicts that were still there after the last try.
const PASSING = /^(08|53|57|58)...$|^55000$|^25006$|^(40001|40P01|55P03)$/;
/** What Node says of a socket. */
const SOCKET = /^E[A-Z]+$/;
/** What `pg` says without a code: a connection that broke under a query, none got in time. */
const LOST = /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** True for an error of a service's own database that a later call may not meet. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof OciError) return false;
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && code !== '') return PASSING.test(code) || SOCKET.test(code);
  return LOST.test(String(message));
}
