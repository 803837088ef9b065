import { randomUUID } from 'node:crypto';
import { createPool } from '@lading/database';
import { EventPublisher, type LogEvent, migrateEventLog, PgEventPublisher, readLog } from '@lading/events';
import { Relay } from '@lading/metadata';
import { createLogger } from '@lading/platform';
import { Random, runSeed } from '../../support/random.js';
import { again, freshDigest, freshName, image, pushed, upload } from './support/content.js';
import { Registry } from './support/registry.js';

const logger = createLogger({ service: 'spec', level: 'fatal' });

let registry: Registry;
beforeEach(async () => {
  registry = await Registry.open();
  await migrateEventLog({ url: registry.database.url });
});
afterEach(() => registry.close());

const left = async () => registry.rows('SELECT 1 FROM registry.outbox');

/** Everything in the log, and of each key the versions in order. */
async function logged() {
  const events = await readLog(registry.pools.write, 0, 100_000);
  const versions = new Map<string, number[]>();
  for (const { key, aggregateVersion } of events) versions.set(key, [...(versions.get(key) ?? []), aggregateVersion]);
  return { events, versions };
}

async function expectWhole(): Promise<void> {
  const { events, versions } = await logged();
  expect(events.map((event) => event.position)).toEqual(events.map((_, n) => n + 1));
  for (const [key, found] of versions) expect([key, found]).toEqual([key, found.map((_, n) => n + 1)]);
  const repositories = await registry.rows<{ id: string; version: number }>(
    `SELECT id::text AS id, version FROM registry.repository UNION ALL SELECT 'project:' || id, version FROM registry.project`,
  );
  expect(Object.fromEntries([...versions].map(([key, found]) => [key, found.length]))).toEqual(
    Object.fromEntries(repositories.filter(({ version }) => version > 0).map(({ id, version }) => [id, version])),
  );
}

/** Pushes, tags and deletes in a few repositories, many at once. */
async function traffic(rounds: number): Promise<void> {
  const repositories = await Promise.all(Array.from({ length: 4 }, () => pushed(registry, freshName())));
  await Promise.all(
    repositories.flatMap(({ scope, blob, put }) =>
      Array.from({ length: rounds }, async (_, n) => {
        await upload(registry, scope, freshDigest());
        await registry.manifests.putManifest(image(scope, [blob.digest], { tags: [`t${n}`, 'latest'] }));
        await registry.manifests.putManifest(again(put, { tags: [`again${n % 3}`] }));
        await registry.manifests.deleteTag({ scope, tag: `t${n}`, operationId: randomUUID() });
      }),
    ),
  );
}

it('moves every event to the log, each key in the order of its versions, and leaves the outbox empty', async () => {
  const publisher = new PgEventPublisher(registry.pools.write);
  const relay = new Relay(registry.pools.write, publisher, logger, { batch: 7, pollMs: 5 });
  relay.start();
  await traffic(6);
  while ((await left()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await relay.stop();
  await expectWhole();
});

it('loses and doubles nothing when relays fail before, while and after they publish', async () => {
  const random = new Random(runSeed);
  const pool = createPool({ url: registry.database.url, max: 8, applicationName: 'spec' });
  const publisher = new Failing(new PgEventPublisher(pool), random);
  const relays = [1, 2, 3].map(() => new Relay(pool, publisher, logger, { batch: 5, pollMs: 3 }));
  for (const relay of relays) relay.start();
  const killing = setInterval(() => {
    void registry.rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'spec' AND datname = current_database() AND random() < 0.3`);
  }, 40);
  try {
    await traffic(6);
    publisher.heal();
    clearInterval(killing);
    while ((await left()).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await Promise.all(relays.map((relay) => relay.stop()));
    await expectWhole();
    expect(publisher.failures).toBeGreaterThan(0);
  } catch (error) {
    throw new Error(`LADING_TEST_SEED=${runSeed}`, { cause: error });
  } finally {
    clearInterval(killing);
    await Promise.all(relays.map((relay) => relay.stop()));
    await pool.end();
  }
});

it('passes over no event whose change ends late, and does not wait for it', async () => {
  const { scope, blob } = await pushed(registry, freshName());
  const relay = new Relay(registry.pools.write, new PgEventPublisher(registry.pools.write), logger);
  const late = await registry.pools.write.connect();
  try {
    // A change that has its number in the outbox, and takes long to commit.
    await late.query('BEGIN');
    await late.query(`INSERT INTO registry.outbox (event_id, topic, message_key, type, subject, aggregate_version, data)
      VALUES (gen_random_uuid(), 'lading.registry.events.v1', 'late', 'dev.lading.tag.set.v1', 'late', 1, '{}')`);
    await registry.manifests.putManifest(image(scope, [blob.digest], { tags: ['v2'] }));
    while ((await relay.moveBatch()) > 0);
    const before = await logged();
    expect(before.versions.get('late')).toBeUndefined();
    expect(await left()).toEqual([]);
    await late.query('COMMIT');
  } finally {
    late.release();
  }
  expect(await relay.moveBatch()).toBe(1);
  expect((await logged()).versions.get('late')).toEqual([1]);
});

it('keeps the order of a key when a change that began earlier, with a lower transaction id, is committed later', async () => {
  const { scope, blob } = await pushed(registry, freshName());
  const relay = new Relay(registry.pools.write, new PgEventPublisher(registry.pools.write), logger, { batch: 1 });
  const early = await registry.pools.write.connect();
  try {
    await early.query('BEGIN');
    await early.query('SELECT pg_current_xact_id()');
    await registry.manifests.putManifest(image(scope, [blob.digest], { tags: ['first'] }));
    await early.query(
      `WITH bumped AS (UPDATE registry.repository SET version = version + 1 WHERE full_path = $1 RETURNING id, version)
       INSERT INTO registry.outbox (event_id, topic, message_key, type, subject, aggregate_version, data)
       SELECT gen_random_uuid(), 'lading.registry.events.v1', id::text, 'dev.lading.tag.set.v1', $1, version, '{}' FROM bumped`,
      [scope.name],
    );
    await early.query('COMMIT');
  } finally {
    early.release();
  }
  while ((await relay.moveBatch()) > 0);
  await expectWhole();
});

/** Fails before, or after it published: to a relay both look the same. */
class Failing extends EventPublisher {
  failures = 0;
  private healed = false;

  constructor(
    private readonly publisher: EventPublisher,
    private readonly random: Random,
  ) {
    super();
  }

  async publish(events: readonly LogEvent[]): Promise<void> {
    const fate = this.healed ? 1 : this.random.fraction();
    if (fate < 0.2) this.fail();
    await this.publisher.publish(events);
    if (fate < 0.4) this.fail();
  }

  heal(): void {
    this.healed = true;
  }

  private fail(): never {
    this.failures++;
    throw new Error('the log does not answer');
  }
}
