import { type DatabaseAddress, runMigrations } from '@lading/database';
import { Gc0001 } from './migrations/0001-gc.js';
import { Gc0002 } from './migrations/0002-operations.js';
import { Gc0005 } from './migrations/0005-store-walks.js';
import { Gc0009 } from './migrations/0009-repositories.js';

/** Brings schema `gc` up to date; any number of processes may call it at once. @returns what it ran. */
export function migrateGc(address: DatabaseAddress): Promise<string[]> {
  return runMigrations({ ...address, schema: 'gc', migrations: [Gc0001, Gc0002, Gc0005, Gc0009], max: 2 });
}
