import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { testDatabaseVariable } from './test-server.js';

/** A database of its own for one spec file. */
export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** Ends every connection to it and removes it. */
  drop(): Promise<void>;
}

/** How the databases of one kind come by their tables. `name` stands for the whole content: one name, one schema. */
export interface DatabaseTemplate {
  /** Lower case letters, digits and `_`, at most 40. */
  readonly name: string;
  /** Runs once per jest run on the database that the others are copied from, and closes what it opened. */
  migrate(url: string): Promise<unknown>;
}

/**
 * Makes a new database on the test server of this jest run: empty, or a copy of `template` (about 30 ms; the first
 * caller in the run also pays for the migrations, others wait for it). Throws when jest has no global setup.
 */
export async function createTestDatabase(template?: DatabaseTemplate): Promise<TestDatabase> {
  const server = serverUrl();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await onServer(server, async (client) => {
    const source = template ? await ensureTemplate(client, server, template) : 'template0';
    await client.query(`create database ${name} template ${source} strategy file_copy`);
  });
  const drop = () =>
    onServer(server, async (client) => void (await client.query(`drop database ${name} with (force)`)));
  return { name, url: databaseUrl(server, name), drop };
}

/** The template counts only once its migrations ended: `datistemplate` is set last. */
async function ensureTemplate(client: Client, server: string, template: DatabaseTemplate): Promise<string> {
  if (!/^[a-z0-9_]{1,40}$/.test(template.name)) throw new Error(`Bad template name: ${template.name}`);
  const name = `template_${template.name}`;
  await client.query(`select pg_advisory_lock(hashtext($1))`, [name]);
  try {
    const found = await client.query<{ done: boolean }>(
      'select datistemplate done from pg_database where datname = $1',
      [name],
    );
    if (found.rows[0]?.done) return name;
    await client.query(`drop database if exists ${name} with (force)`);
    await client.query(`create database ${name} template template0 strategy file_copy`);
    await template.migrate(databaseUrl(server, name));
    await client.query(`alter database ${name} with is_template true allow_connections false`);
    return name;
  } finally {
    await client.query(`select pg_advisory_unlock(hashtext($1))`, [name]);
  }
}

function serverUrl(): string {
  const url = process.env[testDatabaseVariable];
  if (url) return url;
  throw new Error(`No test server: the jest configuration needs libs/testing/src/jest-global-setup.ts as globalSetup.`);
}

function databaseUrl(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}

async function onServer<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
