import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedPostgres, lockDataDir } from '@lading/database/embedded';

/** Where specs find the server: set before jest starts its workers. Set by hand, it names a server to use instead. */
export const testDatabaseVariable = 'LADING_TEST_DATABASE_URL';

export interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

const prefix = 'lading-test-server-';

/** Nothing in a test survives a power loss anyway: no flush, no torn-page protection. */
const settings = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_connections: '200' };

/**
 * One embedded PostgreSQL for a whole jest run, in a new directory below the system's temporary directory; `stop`
 * removes it. Servers of runs that were killed are stopped and removed first: their lock is free.
 */
export async function startTestServer(): Promise<TestServer> {
  await removeAbandoned();
  const dataDir = mkdtempSync(join(tmpdir(), prefix));
  const lock = await lockDataDir(dataDir);
  const server = await EmbeddedPostgres.start({ dataDir, settings });
  const stop = async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
    lock.release();
  };
  return { url: server.url(), stop };
}

async function removeAbandoned(): Promise<void> {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith(prefix));
  for (const dataDir of names.map((name) => join(tmpdir(), name))) {
    const lock = await lockDataDir(dataDir).catch(() => undefined);
    if (!lock) continue;
    await EmbeddedPostgres.start({ dataDir, settings })
      .then((server) => server.stop())
      .catch(() => undefined);
    rmSync(dataDir, { recursive: true, force: true });
    lock.release();
  }
}
