import { createPool, type DatabaseAddress } from '@lading/database';
import type { Pool } from 'pg';

/** One for each partition of the log that is handled at once, and for candidates. */
const CONNECTIONS = 8;

/**
 * The connections of `gc`. Its commits do not wait for the disk: all it keeps is derived, a crash takes back effect and place
 * together, and pushes have the disk for themselves.
 */
export function openPool(address: DatabaseAddress): Pool {
  const parameters = { synchronous_commit: 'off' };
  return createPool({ ...address, max: CONNECTIONS, applicationName: 'lading gc', parameters });
}
