import { randomUUID } from 'node:crypto';
import { MemoryBlobStore } from '@lading/blob-store';
import { createPool } from '@lading/database';
import { CollectorController, createGcApp, createGcCalls, type GcApp, migrateGc, openConsumer } from '@lading/gc';
import { createLogger } from '@lading/platform';
import { CollectorServiceService } from '@lading/proto';
import { type CollectorPort, createGrpcClient, type GrpcClient, quietGrpc } from '@lading/rpc';
import { collectorPortContract, type KnownCandidates } from '@lading/rpc/contract';
import type { TestDatabase } from '@lading/testing';
import type { Pool } from 'pg';
import { type LosingProxy, startLosingProxy } from './support/losing-proxy.js';
import {
  createRegistryDatabase,
  freePort,
  metadataInProcess,
  type RunningMetadata,
} from './support/metadata-server.js';

quietGrpc();

const HOUR = 3_600_000;
const PROJECT = { projectId: 1, path: 'a/b', groupId: 1, groupPath: 'a', principal: 'account:1' };
const LINKS = [1, 2, 3, 4, 5].map((n) => `${n} sha256:${'0'.repeat(64)}`);

let database: TestDatabase;
let metadata: RunningMetadata;
let pool: Pool;
let app: GcApp;
let calls: Pick<GcApp, 'listen' | 'close'>;
let proxy: LosingProxy;
let plain: GrpcClient<CollectorPort>;
let losing: GrpcClient<CollectorPort>;
let letters: [number, number] = [0, 0];

beforeAll(async () => {
  database = await createRegistryDatabase();
  metadata = await metadataInProcess(database.url);
  await migrateGc({ url: database.url });
  pool = createPool({ url: database.url, max: 8, applicationName: 'spec' });
  const logger = createLogger({ service: 'spec', level: 'fatal' });
  app = await createGcApp({
    collection: metadata.ports.collection,
    store: new MemoryBlobStore(),
    pool,
    clocks: { leaseMs: HOUR, delayMs: HOUR, untaggedDelayMs: HOUR, restoreWindowMs: HOUR },
    logger,
    intervalMs: HOUR,
    reconcileMs: HOUR,
    consumer: openConsumer(pool, logger),
  });
  const address = `127.0.0.1:${await freePort()}`;
  calls = await createGcCalls(app, address);
  await app.listen();
  await calls.listen();
  proxy = await startLosingProxy(address, [CollectorServiceService]);
  plain = createGrpcClient<CollectorPort>(CollectorServiceService, { address });
  losing = createGrpcClient<CollectorPort>(CollectorServiceService, { address: proxy.address });
});
afterAll(async () => {
  plain?.close();
  losing?.close();
  proxy?.close();
  await calls?.close();
  await app?.close();
  await pool?.end();
  await metadata?.close();
  await database?.drop();
});

beforeEach(async () => {
  await pool.query(
    `INSERT INTO gc.candidate (kind, subject, due_at, reason)
     SELECT 'link', subject, clock_timestamp() + n * interval '1 hour', 'spec'
     FROM unnest($1::text[]) WITH ORDINALITY AS u(subject, n) ON CONFLICT DO NOTHING`,
    [LINKS],
  );
  await pool.query('DELETE FROM gc.dead_letter');
  letters = [await bury(PROJECT), await bury({})];
});

/** An event of a project that was given up. @returns its id */
async function bury(data: object): Promise<number> {
  const { rows } = await pool.query<{ id: number }>(
    `INSERT INTO gc.dead_letter (consumer, topic, partition, position, event_id, message_key, type, subject,
       aggregate_version, occurred_at, data, error)
     VALUES ('gc', 'lading.registry.events.v1', 0, 1, $1, 'project:1', 'dev.lading.project.created.v1', 'a/b', 1,
       clock_timestamp(), $2, 'it went wrong') RETURNING id`,
    [randomUUID(), JSON.stringify(data)],
  );
  return rows[0]?.id ?? 0;
}

const KNOWN: KnownCandidates = { links: LINKS, letters: () => letters };

describe('in the process', () => collectorPortContract(() => app.get(CollectorController), KNOWN));
describe('over gRPC', () => collectorPortContract(() => plain, KNOWN));
describe('over gRPC that loses the first answer of every call', () => {
  collectorPortContract(() => losing, KNOWN);
  it('has lost answers', () => expect(proxy.lost()).toBeGreaterThan(5));
});
