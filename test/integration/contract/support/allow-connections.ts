import type { TestDatabase } from '@lading/testing';
import { Client } from 'pg';

/** Whether the database takes connections; false also ends those that are open. */
export async function allowConnections(database: TestDatabase, allowed: boolean): Promise<void> {
  const url = new URL(database.url);
  url.pathname = '/postgres';
  const admin = new Client({ connectionString: url.href });
  await admin.connect();
  await admin.query(`ALTER DATABASE ${database.name} ALLOW_CONNECTIONS ${allowed}`);
  const end = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1';
  if (!allowed) await admin.query(end, [database.name]);
  await admin.end();
}
