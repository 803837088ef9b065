import { type DatabaseAddress, runMigrations } from '@lading/database';
import { Ui0001 } from './migrations/0001-notification-queue.js';

/** Brings schema `ui` up to date; any number of processes may call it at once. @returns what it ran. */
export function migrateUi(address: DatabaseAddress): Promise<string[]> {
  return runMigrations({ ...address, schema: 'ui', migrations: [Ui0001], max: 2 });
}
