import { ConfigError } from '@lading/platform';
import { WrongKeySecret } from './key/seal.js';

/** Why the service does not start: one line for what an operator can mend, the whole error for what is ours. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  const taken = /address already in use (\S+?)\]?$/m.exec(error.message)?.[1];
  if (taken !== undefined) return `${taken} is taken by another program`;
  if (error instanceof ConfigError || error instanceof WrongKeySecret) return error.message;
  if (code !== undefined) return `the database cannot be used: ${error.message || code}`;
  return error.stack ?? error.message;
}
