import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Api } from '../protocol/support/api.js';
import { Caller } from '../soak/caller.js';
import { type Clocks, settingsOf } from '../soak/clocks.js';
import { holdingsOf } from '../soak/contents-of.js';
import { brokenNow, drain } from '../soak/invariants.js';
import { Outage } from '../soak/outage.js';
import { SoakClient } from '../soak/soak-client.js';
import { DatabaseTap } from '../support/database-tap.js';
import { describeWith } from '../support/describe-with.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { Random, runSeed } from '../support/random.js';
import { removeScratch, scratch } from '../support/scratch.js';
import { type Services, startServices } from '../support/services.js';
import { startSwitch } from '../support/switch.js';
import { query } from './audit.js';
import { killNine, pidOfService, waitUntil } from './processes.js';

// What happens to collection when what it relies on fails: it waits or goes on, says so in one line, and loses nothing.

const DRAIN_SECONDS = 90;

/** Milliseconds. */
const CLOCKS: Clocks = {
  interval: 100,
  lease: 3_000,
  delay: 1_000,
  untagged: 1_000,
  hold: 200,
  window: 1_000,
  uploads: 3_000,
};

/** Services on a PostgreSQL whose connections can be cut, and a client with an exact log. */
class Stage {
  readonly outage = new Outage();
  readonly client: SoakClient;
  readonly caller: Caller;
  readonly api: Api;

  private constructor(
    readonly postgres: Postgres,
    readonly tap: DatabaseTap,
    readonly registry: Services,
    clocks: Clocks,
  ) {
    this.caller = new Caller(registry, this.outage, clocks);
    this.api = new Api(registry);
    const repository = 'faults/collection/app';
    this.client = new SoakClient(repository, runSeed, this.caller, new Random(runSeed), [repository]);
  }

  static async set(clocks: Clocks, env: Record<string, string> = {}): Promise<Stage> {
    const postgres = await startPostgres(env);
    const tap = await DatabaseTap.start(postgres.url);
    process.env.LADING_TEST_DATABASE_URL = tap.url;
    const registry = await startServices(settingsOf(clocks), startSwitch);
    delete process.env.LADING_TEST_DATABASE_URL;
    return new Stage(postgres, tap, registry, clocks);
  }

  /** Steps of all kinds, one after another. */
  async work(steps: number): Promise<void> {
    let count = 0;
    await this.client.run(() => count++ >= steps);
  }

  said(service: string, words: string): Promise<void> {
    return waitUntil(() => this.registry.logOf(service).includes(words), 60, `"${words}" in the log of ${service}`);
  }

  async drained(): Promise<void> {
    await this.client.settle();
    const logs = new Map([[this.client.repository, this.client.log]]);
    const rest = await drain(this.registry.dataDir, this.postgres.url, logs, DRAIN_SECONDS);
    expect(rest).toEqual({ lost: [], left: [] });
    await this.client.verify();
    expect(await brokenNow(this.registry.dataDir, this.postgres.url)).toEqual([]);
  }

  async strike(): Promise<void> {
    this.caller.close();
    await this.registry.stop();
    this.tap.close();
    await this.postgres.stop();
  }
}

describe('while it works', () => {
  let stage: Stage;
  beforeAll(async () => {
    process.stdout.write(`collection.spec: LADING_TEST_SEED=${runSeed}\n`);
    stage = await Stage.set(CLOCKS);
  });
  afterAll(() => stage?.strike());

  it('waits while the database is gone, says so, and goes on', async () => {
    await stage.work(60);
    const condemned = () => query(stage.postgres.url, `SELECT id FROM registry.blob_object WHERE state = 'condemned'`);
    await waitUntil(async () => (await condemned()).length > 0, 30, 'a condemned object');
    stage.outage.begin();
    stage.tap.cut();
    await stage.said('gc', 'collection will try again');
    await stage.said('gc', 'events could not be read');
    await stage.said('metadata', 'events wait in the outbox');
    stage.tap.mend();
    await waitUntil(() => stage.caller.isServed(`/v2/${stage.client.repository}/tags/list`), 60, 'an answer');
    stage.outage.end();
    await stage.work(20);
    await stage.drained();
  });

  it('collects what it missed the events of, and says which', async () => {
    await killNine([pidOfService(stage.registry.dataDir, 'gc')]);
    await stage.work(100);
    await stage.client.settle();
    // As the keeper of the log removes what is older than LADING_EVENT_RETENTION.
    await query(
      stage.postgres.url,
      `WITH removed AS (DELETE FROM events.log RETURNING topic, partition, position)
       UPDATE events.partition_head h SET removed_to = h.position FROM removed r
       WHERE h.topic = r.topic AND h.partition = r.partition`,
    );
    await stage.registry.restartOne('gc');
    await stage.said('gc', 'events were removed before they were handled');
    await stage.work(20);
    await stage.client.settle();
    const broken = await brokenNow(stage.registry.dataDir, stage.postgres.url);
    // The log is not whole any more, which is what this test is about.
    expect(broken.filter((line) => !line.includes('the number of its events'))).toEqual([]);
    const logs = new Map([[stage.client.repository, stage.client.log]]);
    const rest = await drain(stage.registry.dataDir, stage.postgres.url, logs, DRAIN_SECONDS);
    expect(rest).toEqual({ lost: [], left: [] });
  });
});

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';

/** So long that nothing is due unless the clock says that hours have passed. */
const HOUR = 3_600_000;
const SLOW = { ...CLOCKS, lease: HOUR, delay: HOUR, untagged: HOUR, hold: 10, window: HOUR, uploads: 24 * HOUR };

describeWith([FAKETIME], 'a clock of the database that jumps', () => {
  const dir = scratch();
  const shift = join(dir, 'shift');
  let stage: Stage;

  /** Of the database alone, from now on. @param days such as `+1d` */
  const jump = (days: string) => writeFileSync(shift, days);

  beforeAll(async () => {
    chmodSync(dir, 0o755);
    jump('+0d');
    stage = await Stage.set(SLOW, {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: shift,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
  });
  afterAll(async () => {
    await stage?.strike();
    removeScratch(dir);
  });

  const status = () => stage.api.json<{ halted: object | null; collectors: { endedRound: number }[] }>('/gc/status');
  const halted = async () => (await status()).halted;
  const lastRound = async () => (await status()).collectors[0]?.endedRound ?? 0;
  const confirm = async () => expect((await stage.api.send('POST', '/gc/confirm')).status).toBe(200);

  it('T18: halts collection when it is set back by a day, and says so, until an operator confirms', async () => {
    jump('-1d');
    await stage.said('gc', 'collection is halted until an operator confirms the clocks');
    expect(await halted()).toMatchObject({ reason: expect.stringMatching(/jumped by -86\d{3} s/) });
    await stage.work(20);
    await confirm();
    expect(await halted()).toBeNull();
  });

  it('T18: takes nothing when it is set forward and everything looks old at once, until an operator confirms', async () => {
    await stage.work(30);
    await stage.client.settle();
    const before = await holdingsOf(stage.registry.dataDir, stage.postgres.url);
    jump('+1d');
    await waitUntil(async () => (await halted()) !== null, 60, 'the halt');
    await waitUntil(async () => (await lastRound()) > 0, 60, 'the collector, in the time that is now');
    const last = (await lastRound()) + 10;
    await waitUntil(async () => (await lastRound()) >= last, 60, 'ten rounds of the collector');
    expect(await holdingsOf(stage.registry.dataDir, stage.postgres.url)).toEqual(before);
    await confirm();
    const isLess = async () => (await holdingsOf(stage.registry.dataDir, stage.postgres.url)).size < before.size;
    await waitUntil(isLess, 60, 'something that was collected');
    await stage.client.settle();
    await stage.client.verify();
    expect(await brokenNow(stage.registry.dataDir, stage.postgres.url)).toEqual([]);
  });
});
