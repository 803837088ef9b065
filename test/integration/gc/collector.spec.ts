import { randomUUID } from 'node:crypto';
import { BLOB_START, blobKey, MemoryBlobStore } from '@lading/blob-store';
import { createPool } from '@lading/database';
import { EventConsumer, PgEventPublisher, type Subscription } from '@lading/events';
import { createGcApp, migrateGc, openConsumer } from '@lading/gc';
import { Relay } from '@lading/metadata';
import { createLogger } from '@lading/platform';
import type { Pool } from 'pg';
import { image, index, pushed, upload } from '../metadata/support/content.js';
import { Registry } from '../metadata/support/registry.js';
import { violations } from '../metadata/support/violations.js';

const AT_ONCE = { leaseMs: 1, untaggedDelayMs: 1, holdMs: 1, restoreWindowMs: 1 };
const logger = createLogger({ service: 'spec', level: 'fatal' });

let registry: Registry;
let pool: Pool;
let store: MemoryBlobStore;
let ends: (() => Promise<unknown>)[];
beforeEach(async () => {
  registry = await Registry.open(AT_ONCE);
  await migrateGc({ url: registry.database.url });
  pool = createPool({ url: registry.database.url, max: 10, applicationName: 'spec' });
  store = new MemoryBlobStore();
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  await pool.end();
  await registry.close();
});

async function startCollector(consumer: EventConsumer, reconcileMs: number): Promise<void> {
  const clocks = { leaseMs: 1, delayMs: 1, untaggedDelayMs: 1, restoreWindowMs: 1 };
  const parts = { collection: registry.collection, store, pool, clocks, logger, intervalMs: 5, reconcileMs };
  const app = await createGcApp({ ...parts, consumer });
  await app.listen();
  ends.push(() => app.close());
}

function startRelay(): void {
  const relay = new Relay(registry.pools.write, new PgEventPublisher(registry.pools.write), logger, { pollMs: 5 });
  relay.start();
  ends.push(() => relay.stop());
}

/** Two images that share a blob, an index with a child, a loose blob; then all but one image are let go. */
async function content() {
  const kept = await pushed(registry, 'team/app', { tags: ['kept'] });
  const { scope } = kept;
  const own = await upload(registry, scope);
  const gone = image(scope, [kept.blob.digest, own.digest], { tags: ['gone'] });
  await registry.manifests.putManifest(gone);
  const child = image(scope, [(await upload(registry, scope)).digest]);
  await registry.manifests.putManifest(child);
  const parent = index(scope, [child.digest], { tags: ['index'] });
  await registry.manifests.putManifest(parent);
  await upload(registry, scope);
  for (const { objectId } of await liveObjects()) {
    await store.begin(blobKey(objectId));
    const writer = await store.append(blobKey(objectId), BLOB_START);
    await store.commit(blobKey(objectId), await writer.seal());
  }
  await registry.manifests.deleteManifest({ scope, digest: gone.digest, operationId: randomUUID() });
  await registry.manifests.deleteTag({ scope, tag: 'index', operationId: randomUUID() });
  return kept;
}

const liveObjects = () =>
  registry.rows<{ objectId: string }>(`SELECT id AS "objectId" FROM registry.blob_object WHERE state = 'live'`);

async function drained(keeps: string): Promise<void> {
  const isDrained = async () => {
    const [left] = await registry.rows<{ objects: number; manifests: number }>(
      `SELECT (SELECT count(*) FROM registry.blob_object WHERE state <> 'gone') AS objects,
              (SELECT count(*) FROM registry.manifest) AS manifests`,
    );
    return left?.objects === 1 && left.manifests === 1;
  };
  for (let tries = 0; !(await isDrained()); tries++) {
    if (tries > 1_000) throw new Error('the collector leaves something behind');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await liveObjects()).toEqual([{ objectId: keeps }]);
  const keys: string[] = [];
  for await (const { key } of store.list()) keys.push(key);
  expect(keys).toEqual([blobKey(keeps)]);
}

/** Hears nothing: as if every event had been lost. */
class Deaf extends EventConsumer {
  start(_: Subscription): void {}
  async stop(): Promise<void> {}
}

it('collects everything that was let go, and nothing else, from events alone', async () => {
  // Before a collector is there: it holds rows while it looks, and a clock that is not started then is found by the walk alone.
  const kept = await content();
  startRelay();
  await pool.query(`INSERT INTO gc.scan (kind, ended_at)
    SELECT unnest(ARRAY['untagged', 'expunge', 'repository', 'project', 'link', 'object']), clock_timestamp()`);
  await startCollector(openConsumer(pool, logger), 3_600_000);
  await drained(kept.blob.objectId);
});

it('collects the same when every event was lost, by walking through the registry', async () => {
  await startCollector(new Deaf(), 20);
  const kept = await content();
  await drained(kept.blob.objectId);
  expect(await violations(registry)).toEqual([]);
});

it('keeps the same references however often the log is read from its beginning', async () => {
  await content();
  const relay = new Relay(registry.pools.write, new PgEventPublisher(registry.pools.write), logger);
  while ((await relay.moveBatch()) > 0);
  const known = async () => {
    const { rows } = await pool.query(
      `SELECT m.id, m.digest, m.subject, m.version, m.deleted_at, r.digest AS names, r.object_id, r.child_id
       FROM gc.manifest m LEFT JOIN gc.reference r ON r.manifest_id = m.id ORDER BY m.id, r.digest`,
    );
    return rows;
  };
  const readAll = async () => {
    const consumer = openConsumer(pool, logger);
    // Only the reading: a collector at work would change what there is to read.
    const app = await createGcApp({
      ...{ collection: registry.collection, store, pool, logger, consumer, intervalMs: 2 ** 30, reconcileMs: 2 ** 30 },
      clocks: {
        leaseMs: 2 ** 40,
        delayMs: 2 ** 40,
        untaggedDelayMs: Number.POSITIVE_INFINITY,
        restoreWindowMs: 2 ** 40,
      },
    });
    await app.listen();
    const behind = `SELECT 1 FROM gc.consumer_place p JOIN events.partition_head h USING (topic, partition)
      WHERE h.position >= p.next_position`;
    const places = 'SELECT 1 FROM gc.consumer_place';
    while ((await pool.query(places)).rowCount === 0 || (await pool.query(behind)).rowCount !== 0)
      await new Promise((resolve) => setTimeout(resolve, 20));
    await app.close();
  };
  await readAll();
  const first = await known();
  expect(first.length).toBeGreaterThan(4);
  await pool.query('UPDATE gc.consumer_place SET next_position = 0');
  await readAll();
  expect(await known()).toEqual(first);
  await pool.query('TRUNCATE gc.manifest CASCADE; UPDATE gc.consumer_place SET next_position = 0');
  await readAll();
  expect(await known()).toEqual(first);
});
