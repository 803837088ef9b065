import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';

/** The system's codes for a full disk, and PostgreSQL's. */
const FULL = new Set(['ENOSPC', 'EDQUOT', '53100']);

/** Errors whose message is written for an operator. */
const CLEAR = new Set([
  'BucketUnusable',
  'ConfigError',
  'WrongKeySecret',
  'KeySecretBroken',
  'DataDirInUse',
  'DataDirNotWritable',
  'DiskFull',
  'PostgresFailed',
]);

/** Why a service does not start: one line for what an operator can mend, the whole error for what is ours. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  const taken = /address already in use (\S+?)\]?$/m.exec(error.message)?.[1];
  if (code === 'EADDRINUSE' || taken !== undefined) return `${taken ?? `port ${port}`} is taken by another program`;
  if (code === 'EACCES' && port !== undefined) return `port ${port} may not be used by this user`;
  if (code === 'EADDRNOTAVAIL') return `no such address on this machine: ${error.message}`;
  if (CLEAR.has(error.name)) return error.message;
  if (code !== undefined && FULL.has(code)) return `No space is left on the disk: ${error.message}`;
  if (code !== undefined && /^(ECONN|ENOTFOUND|ETIMEDOUT|28|3D|08|57P)/.test(code)) {
    return `the database cannot be used: ${error.message || code}`;
  }
  return error.stack ?? error.message;
}

/** gRPC writes its errors to the console as well as throwing them, and says more there. */
export function quietGrpc(): void {
  setLogVerbosity(logVerbosity.NONE);
}
