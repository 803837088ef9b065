import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface SpecDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** An empty database on the jest run's server, for this package's specs: `@lading/testing` is built upon this package. */
export async function createSpecDatabase(): Promise<SpecDatabase> {
  const server = process.env.LADING_TEST_DATABASE_URL;
  if (!server) throw new Error('No test server: jest needs its global setup of libs/testing.');
  const name = `spec_${randomBytes(6).toString('hex')}`;
  await onServer(server, `create database ${name} template template0`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => onServer(server, `drop database ${name} with (force)`) };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
