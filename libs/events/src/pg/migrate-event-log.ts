import { type DatabaseAddress, runMigrations } from '@lading/database';
import { EventLog0001 } from './event-log-tables.js';

/** Brings schema `events` up to date; any number of processes may call it at once. @returns what it ran. */
export function migrateEventLog(address: DatabaseAddress): Promise<string[]> {
  return runMigrations({ ...address, schema: 'events', migrations: [EventLog0001], max: 2 });
}
