import { type DatabaseAddress, runMigrations } from '@lading/database';
import { migrateEventLog } from '@lading/events';
import { Registry0001 } from './migrations/0001-registry.js';
import { Registry0002 } from './migrations/0002-open-uploads.js';
import { Registry0003 } from './migrations/0003-annotations-json.js';
import { Registry0004 } from './migrations/0004-upload-store-state.js';
import { Registry0005 } from './migrations/0005-project-rules.js';
import { Registry0008 } from './migrations/0008-damaged-objects.js';
import { Registry0009 } from './migrations/0009-deleted-repositories.js';
import { Registry0010 } from './migrations/0010-manifest-pulls.js';

const MIGRATIONS = [
  Registry0001,
  Registry0002,
  Registry0003,
  Registry0004,
  Registry0005,
  Registry0008,
  Registry0009,
  Registry0010,
];

/**
 * Brings schema `registry` up to date, and the log that its events go to; any number of processes may call it at once.
 *
 * @returns what it ran.
 */
export async function migrateRegistry(address: DatabaseAddress): Promise<string[]> {
  const own = await runMigrations({ ...address, schema: 'registry', migrations: MIGRATIONS, max: 2 });
  return [...own, ...(await migrateEventLog(address))];
}
