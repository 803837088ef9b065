import { type AuthApp, type AuthAppOptions, createAuthApp, openAuthDatabase } from '@lading/auth';
import { createLogger, Secret } from '@lading/platform';
import type { ResolveScopesRequest, ResolveScopesResponse } from '@lading/proto';
import type { ScopePort } from '@lading/rpc';
import { createTestDatabase, type TestDatabase } from '@lading/testing';
import { Client } from 'pg';

export const ADMIN = { username: 'admin', password: new Secret('right horse battery') };
export const KEY_SECRET = new Secret('an installation secret of 32 chars and more');

/** Says that `acme/app` is a project of two components and that nothing else exists. */
export class FakeScopes implements ScopePort {
  readonly asked: string[][] = [];

  async resolveScopes({ names }: ResolveScopesRequest): Promise<ResolveScopesResponse> {
    this.asked.push(names);
    const scopes = names.map((name) => {
      const projectId = name.startsWith('acme/app') ? 7 : undefined;
      const found = projectId === undefined ? { projectLevel: 0 } : { projectId, projectLevel: 2 };
      return { name, ...found, groupId: 3, groupLevel: 1, resolvedXid: 1_700_000_000_000_000 };
    });
    return { scopes };
  }
}

/** Lines that a run logged, as text. */
export class LogLines {
  readonly lines: string[] = [];
  readonly logger = createLogger({
    service: 'auth',
    level: 'debug',
    destination: { write: (line: string) => void this.lines.push(line) },
  });
}

export interface Fixture {
  readonly database: TestDatabase;
  readonly scopes: FakeScopes;
  readonly log: LogLines;
  /** Starts one more replica on the same database. */
  start(options?: Partial<AuthAppOptions>): Promise<AuthApp>;
  /** Runs SQL on the database, as an operator might. */
  query<T>(sql: string, values?: unknown[]): Promise<T[]>;
  end(): Promise<void>;
}

export async function createFixture(): Promise<Fixture> {
  const template = { name: 'auth', migrate: async (url: string) => (await openAuthDatabase({ url })).destroy() };
  const database = await createTestDatabase(template);
  const scopes = new FakeScopes();
  const log = new LogLines();
  const started: AuthApp[] = [];
  return {
    database,
    scopes,
    log,
    start: async (options = {}) => {
      const app = await createAuthApp({
        database: { url: database.url },
        keySecret: KEY_SECRET,
        scopes,
        logger: log.logger,
        admin: ADMIN,
        tokenTtlMs: 600_000,
        ...options,
      });
      started.push(app);
      return app;
    },
    query: async (sql, values) => {
      const client = new Client({ connectionString: database.url });
      await client.connect();
      try {
        return (await client.query(sql, values)).rows;
      } finally {
        await client.end();
      }
    },
    end: async () => {
      await Promise.all(started.map((app) => app.close()));
      await database.drop();
    },
  };
}

export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

export const adminBasic = basic(ADMIN.username, ADMIN.password.reveal());
