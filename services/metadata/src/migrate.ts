import { type DatabaseAddress, runMigrations } from '@lading/database';
import { Registry0001 } from './migrations/0001-registry.js';
import { Registry0002 } from './migrations/0002-open-uploads.js';
import { Registry0003 } from './migrations/0003-annotations-json.js';

const MIGRATIONS = [Registry0001, Registry0002, Registry0003];

/** Brings schema `registry` up to date; any number of processes may call it at once. @returns what it ran. */
export function migrateRegistry(address: DatabaseAddress): Promise<string[]> {
  return runMigrations({ ...address, schema: 'registry', migrations: MIGRATIONS, max: 2 });
}
