import { randomUUID } from 'node:crypto';
import { MemoryBlobStore } from '@lading/blob-store';
import { createPool } from '@lading/database';
import { PgEventPublisher } from '@lading/events';
import { createGcApp, migrateGc, openConsumer } from '@lading/gc';
import { type MetadataSettings, Relay, StorageController } from '@lading/metadata';
import { createLogger } from '@lading/platform';
import type { Amount, GetLedgerResponse, PlanRepository, PlanTotals } from '@lading/proto';
import { Random, runSeed } from '../../support/random.js';
import { index, pushed, upload } from '../metadata/support/content.js';
import { Registry, SETTINGS } from '../metadata/support/registry.js';
import { RandomRegistry } from './support/random-registry.js';

const HOUR = 3_600_000;
const AT_ONCE = { leaseMs: 1, delayMs: 1, untaggedDelayMs: 1, holdMs: 1, restoreWindowMs: 1, uploadTtlMs: 1 };
const logger = createLogger({ service: 'spec', level: 'fatal' });

let registry: Registry;
let store: MemoryBlobStore;
let settings: MetadataSettings;
const open = async (clocks: Partial<MetadataSettings>) => {
  settings = { ...SETTINGS, ...clocks };
  registry = await Registry.open(clocks);
  store = new MemoryBlobStore();
};
afterEach(() => registry.close());

/** A new one each time: a ledger is kept for a minute. */
const storage = () => new StorageController(registry.pools, settings);

async function plan(at?: Date): Promise<{ totals: PlanTotals; repositories: PlanRepository[] }> {
  let totals: PlanTotals | undefined;
  const repositories: PlanRepository[] = [];
  for await (const page of storage().readPlan({ atMs: at?.getTime() })) {
    totals ??= page.totals;
    repositories.push(...page.repositories);
  }
  return { totals: totals as PlanTotals, repositories };
}

async function onDisk(): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { key, size } of store.list()) sizes.set(key.slice(-36), size);
  return sizes;
}

const sumOf = (sizes: Iterable<number>): Amount => {
  const all = [...sizes];
  return { count: all.length, bytes: all.reduce((sum, size) => sum + size, 0) };
};

function totalOf(ledger: GetLedgerResponse): Amount {
  const { named, waiting, condemned, purging, uploading } = ledger;
  const all = [named, waiting, condemned, purging, uploading].map((each) => each ?? { count: 0, bytes: 0 });
  const sum = (key: keyof Amount) => all.reduce((total, each) => total + each[key], 0);
  return { count: sum('count'), bytes: sum('bytes') };
}

/** Collects until a plan has nothing left. */
async function collectAll(): Promise<void> {
  await migrateGc({ url: registry.database.url });
  const pool = createPool({ url: registry.database.url, max: 8, applicationName: 'spec' });
  const relay = new Relay(registry.pools.write, new PgEventPublisher(registry.pools.write), logger, { pollMs: 5 });
  const app = await createGcApp({
    ...{ collection: registry.collection, store, pool, clocks: settings, logger, intervalMs: 5, reconcileMs: 20 },
    consumer: openConsumer(pool, logger),
  });
  relay.start();
  await app.listen();
  for (let tries = 0; ; tries++) {
    const { totals } = await plan();
    if (totals.objects?.count === 0 && totals.manifests?.count === 0) break;
    if (tries > 1_000) throw new Error(`the collector leaves something behind: ${JSON.stringify(totals)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await relay.stop();
  await app.close();
  await pool.end();
}

/** Which repositories hold each object, and how many manifests each has. */
async function holders() {
  const held = await registry.rows<{ id: string; repository: number }>(
    `SELECT object_id AS id, repository_id AS repository FROM registry.blob_link
     UNION SELECT object_id, repository_id FROM registry.manifest_edge WHERE object_id IS NOT NULL`,
  );
  const manifests = await registry.rows<{ repository: number; count: number; bytes: number }>(
    `SELECT repository_id AS repository, count(*) AS count, sum(size) AS bytes FROM registry.manifest GROUP BY 1`,
  );
  return { held, manifests: new Map(manifests.map(({ repository, count, bytes }) => [repository, { count, bytes }])) };
}

describe.each([1, 2, 3, 4])('after requests at random (%s)', (n) => {
  const seed = `${runSeed} ${n}`;

  it(`a plan is what is then freed, and the ledger is what is on disk (seed ${seed})`, async () => {
    await open(AT_ONCE);
    const requests = new RandomRegistry(registry, store, new Random(seed));
    for (let count = 0; count < 120; count++) await requests.act();
    const before = { disk: await onDisk(), ...(await holders()) };
    expect(totalOf(await storage().getLedger({}))).toEqual(sumOf(before.disk.values()));
    const planned = await plan();
    await collectAll();
    const after = { disk: await onDisk(), ...(await holders()) };

    const freed = new Map([...before.disk].filter(([id]) => !after.disk.has(id)));
    expect(planned.totals.objects).toEqual(sumOf(freed.values()));
    const ledger = await storage().getLedger({});
    expect(totalOf(ledger)).toEqual(sumOf(after.disk.values()));
    expect([ledger.condemned?.count, ledger.purging?.count, ledger.waiting?.count]).toEqual([0, 0, 0]);

    const placesOf = (id: string) =>
      new Set(before.held.filter((each) => each.id === id).map((each) => each.repository));
    for (const [repository, had] of before.manifests) {
      const row = planned.repositories.find(({ repositoryId }) => repositoryId === repository);
      const mine = [...freed].filter(([id]) => placesOf(id).has(repository));
      const own = mine.filter(([id]) => placesOf(id).size === 1).map(([, size]) => size);
      const shared = mine.filter(([id]) => placesOf(id).size > 1).map(([, size]) => size);
      const has = after.manifests.get(repository) ?? { count: 0, bytes: 0 };
      const manifests = { count: had.count - has.count, bytes: had.bytes - has.bytes };
      const none = { count: 0, bytes: 0 };
      expect({ objects: row?.objects ?? none, shared: row?.shared ?? none, manifests: row?.manifests ?? none }).toEqual(
        {
          objects: sumOf(own),
          shared: sumOf(shared),
          manifests,
        },
      );
    }
    // Not a walk in an empty room.
    expect(Object.keys(requests.done).length).toBeGreaterThan(5);
    expect(freed.size).toBeGreaterThan(0);
  }, 60_000);
});

describe('with the clocks as they are when nobody sets them', () => {
  const DAY = 24 * HOUR;
  const SECOND = 1_000;
  beforeEach(() => open({ leaseMs: DAY, delayMs: DAY, untaggedDelayMs: DAY, holdMs: HOUR, restoreWindowMs: DAY }));

  const freedAfter = async (ms: number) => (await plan(new Date(Date.now() + ms))).totals.objects?.count;

  it('a plan frees the bytes of a deleted manifest after 25 hours', async () => {
    const { scope, digest } = await pushed(registry, 'team/app', { tags: ['v1'] });
    expect(await freedAfter(1000 * DAY)).toBe(0);
    await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
    expect(await freedAfter(25 * HOUR - SECOND)).toBe(0);
    expect(await freedAfter(25 * HOUR + SECOND)).toBe(1);
  });

  it('a plan frees the bytes of a manifest that lost its tag after 49 hours', async () => {
    const { scope } = await pushed(registry, 'team/app', { tags: ['v1'] });
    await registry.manifests.deleteTag({ scope, tag: 'v1', operationId: randomUUID() });
    expect(await freedAfter(49 * HOUR - SECOND)).toBe(0);
    expect(await freedAfter(49 * HOUR + SECOND)).toBe(1);
  });

  it('a plan frees an upload that nobody used after 25 hours', async () => {
    await upload(registry, await registry.scope('team/app'));
    expect(await freedAfter(25 * HOUR - SECOND)).toBe(0);
    expect(await freedAfter(25 * HOUR + SECOND)).toBe(1);
  });

  it('a plan frees the bytes of a child two days after its index: its clock runs from there, and its window after that', async () => {
    const child = await pushed(registry, 'team/app');
    const parent = index(child.scope, [child.digest], { tags: ['all'] });
    await registry.manifests.putManifest(parent);
    await registry.manifests.deleteManifest({ scope: child.scope, digest: parent.digest, operationId: randomUUID() });
    const { totals } = await plan(new Date(Date.now() + 25 * HOUR));
    expect(totals.manifests?.count).toBe(1);
    expect(await freedAfter(49 * HOUR - SECOND)).toBe(0);
    expect(await freedAfter(49 * HOUR + SECOND)).toBe(1);
  });

  it('a second plan at once is refused', async () => {
    const controller = storage();
    const first = controller.readPlan({ atMs: undefined });
    await first.next();
    await expect(controller.readPlan({ atMs: undefined }).next()).rejects.toThrow('a plan is being read');
    await first.return(undefined);
    const next = controller.readPlan({ atMs: undefined });
    expect((await next.next()).done).toBe(false);
    await next.return(undefined);
  });
});

it('untagged manifests that stay for ever keep their bytes, but for those of a deleted repository', async () => {
  await open({ untaggedDelayMs: Number.POSITIVE_INFINITY });
  await pushed(registry, 'team/app');
  expect((await plan()).totals.objects?.count).toBe(0);
  await registry.rows(`UPDATE registry.repository SET deleted_at = clock_timestamp()`);
  expect((await plan()).totals).toMatchObject({ objects: { count: 1 }, manifests: { count: 1 } });
});
