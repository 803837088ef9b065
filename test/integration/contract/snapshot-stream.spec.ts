import { createPool } from '@lading/database';
import { readLog } from '@lading/events';
import { digestOf, Unavailable } from '@lading/oci';
import type { ReadSnapshotResponse } from '@lading/proto';
import { quietGrpc } from '@lading/rpc';
import { expectRefusal, scopeOf } from '@lading/rpc/contract';
import type { TestDatabase } from '@lading/testing';
import type { Pool } from 'pg';
import {
  connectMetadata,
  createRegistryDatabase,
  type RunningMetadata,
  serveMetadata,
} from './support/metadata-server.js';

quietGrpc();

/** More than gRPC and the sockets hold, so that a reader that stops holds up the server. */
const TAGS = 60_000;

let database: TestDatabase;
let pool: Pool;
let server: Awaited<ReturnType<typeof serveMetadata>>;
let client: RunningMetadata;

beforeAll(async () => {
  database = await createRegistryDatabase();
  pool = createPool({ url: database.url, max: 2, applicationName: 'spec' });
  server = await serveMetadata(database.url);
  client = connectMetadata({ address: server.address });
  await put('v1');
  await pool.query(
    `INSERT INTO registry.tag (repository_id, name, manifest_id)
     SELECT m.repository_id, lpad(n::text, 100, 't'), m.id FROM registry.manifest m, generate_series(1, $1::int) AS n`,
    [TAGS - 1],
  );
});
afterAll(async () => {
  await client?.close();
  await pool?.end();
  await database?.drop();
});

async function put(tag: string): Promise<void> {
  const scope = await scopeOf(client.ports, 'stream/app');
  const body = Buffer.from('a manifest');
  const operationId = crypto.randomUUID();
  const described = { digest: digestOf(body), mediaType: 'application/vnd.oci.image.manifest.v1+json', body };
  await client.ports.manifests.putManifest({
    scope,
    ...described,
    edges: [],
    tags: [tag],
    annotations: {},
    operationId,
  });
}

async function start() {
  const pages = client.ports.snapshots.readSnapshot({})[Symbol.asyncIterator]();
  const first = (await pages.next()).value as ReadSnapshotResponse;
  return { first, pages };
}

/** That a reader left takes a moment to be seen at the other side. */
async function startInTheEnd(): ReturnType<typeof start> {
  for (;;) {
    const started = await start().catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
    });
    if (started) return started;
  }
}

async function rest(pages: AsyncIterator<ReadSnapshotResponse>): Promise<ReadSnapshotResponse[]> {
  const all: ReadSnapshotResponse[] = [];
  for (let page = await pages.next(); !page.done; page = await pages.next()) all.push(page.value);
  return all;
}

async function openTransactions(): Promise<number> {
  const { rows } = await pool.query(
    `SELECT count(*)::int AS open FROM pg_stat_activity
     WHERE datname = current_database() AND application_name = 'lading metadata write' AND state = 'idle in transaction'`,
  );
  return rows[0].open;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

it('is of one moment: what changes while it is read is not in it, and has its event behind the cursor', async () => {
  const { first, pages } = await start();
  await put('later');
  const all = await rest(pages);
  const tags = all.flatMap((page) => page.tags.map(({ tag }) => tag));
  expect(tags).toHaveLength(TAGS);
  expect(new Set(tags).size).toBe(TAGS);
  expect(tags).not.toContain('later');
  const [repository] = all.flatMap(({ repositories }) => repositories);
  await until(async () =>
    (await readLog(pool, Number(first.cursor), 10)).some(({ subject }) => subject.endsWith(':later')),
  );
  const newer = (await readLog(pool, Number(first.cursor), 10)).filter(
    ({ key, aggregateVersion }) => key !== 'project:1' && aggregateVersion > (repository?.version ?? 0),
  );
  expect(newer.map(({ subject, aggregateVersion }) => [subject, aggregateVersion])).toEqual([
    ['stream/app:later', (repository?.version ?? 0) + 1],
  ]);
});

it('is not made faster than it is read, and its transaction ends when the reader leaves', async () => {
  const { pages } = await startInTheEnd();
  await until(async () => (await openTransactions()) === 1);
  await pages.return?.();
  await until(async () => (await openTransactions()) === 0);
});

it('limit snapshots-at-once: is read by two at once; a third is told when to come again', async () => {
  const [one, two] = [await startInTheEnd(), await startInTheEnd()];
  await expectRefusal(start(), new Unavailable('other snapshots are being read', { retryAfterSeconds: 10 }));
  await one.pages.return?.();
  const three = await startInTheEnd();
  await Promise.all([two, three].map(({ pages }) => pages.return?.()));
});

it('ends with an error when the service stops, which does not wait for its end', async () => {
  const { pages } = await startInTheEnd();
  await until(async () => (await openTransactions()) === 1);
  const closed = server.close();
  await expect(rest(pages)).rejects.toMatchObject({ message: 'the service stops' });
  await closed;
});
