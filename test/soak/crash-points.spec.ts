import { strayFiles } from '../faults/audit.js';
import { killNine, pidOfService, waitUntil } from '../faults/processes.js';
import { DatabaseTap } from '../support/database-tap.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { Random, runSeed } from '../support/random.js';
import { type Services, startServices } from '../support/services.js';
import { startSwitch } from '../support/switch.js';
import { Caller } from './caller.js';
import { settingsOf } from './clocks.js';
import { imageOf, sharedLayer } from './content.js';
import { CRASH_POINTS } from './crash-points.js';
import { brokenNow, drain } from './invariants.js';
import { Outage } from './outage.js';
import { SoakClient } from './soak-client.js';

// A proxy before the database stops a service at an exact moment, and there it is killed.

/** Clocks so short that the collector comes to each point within seconds. */
const CLOCKS = {
  interval: 100,
  lease: 3_000,
  delay: 1_000,
  untagged: 1_000,
  hold: 200,
  window: 1_000,
  uploads: 3_000,
};

/** Seconds; candidates that a collector had in hand when it died come up again after 30. */
const DRAIN_SECONDS = 120;

let postgres: Postgres;
let tap: DatabaseTap;
let registry: Services;
const clients: SoakClient[] = [];
const outage = new Outage();
let caller: Caller;

beforeAll(async () => {
  process.stdout.write(`crash-points.spec: LADING_TEST_SEED=${runSeed}\n`);
  postgres = await startPostgres();
  tap = await DatabaseTap.start(postgres.url);
  process.env.LADING_TEST_DATABASE_URL = tap.url;
  registry = await startServices(settingsOf(CLOCKS), startSwitch);
  caller = new Caller(registry, outage, CLOCKS);
});

afterAll(async () => {
  delete process.env.LADING_TEST_DATABASE_URL;
  caller?.close();
  await registry?.stop();
  tap?.close();
  await postgres?.stop();
});

async function newClient(at: number): Promise<SoakClient> {
  const repository = `crash/point${at}/app`;
  const client = new SoakClient(repository, `${runSeed} ${at}`, caller, new Random(`${runSeed} ${at}`), [repository]);
  clients.push(client);
  for (const [number, tag] of ['old', 'other'].entries()) {
    const layers = [sharedLayer(number), sharedLayer(100 + at)];
    await client.pusher.push(imageOf(`${repository} ${tag}`, layers), tag);
  }
  return client;
}

async function killAndRestart(services: readonly string[]): Promise<void> {
  outage.begin();
  await killNine(services.map((service) => pidOfService(registry.dataDir, service)));
  for (const service of [...services].reverse()) await registry.restartOne(service);
}

it.each(CRASH_POINTS.map((point, at) => ({ ...point, at })))(
  'loses nothing when killed where $name',
  async ({ at, moment, dies, act }) => {
    const client = await newClient(at);
    const reached = tap.stopAt(moment);
    const acting = client.attempt(() => act(client));
    acting.catch(() => undefined); // Awaited below, when what it waits for is there.
    await reached;
    await killAndRestart(dies);
    expect(await brokenNow(registry.dataDir, postgres.url)).toEqual([]);
    expect((await strayFiles(registry.dataDir, postgres.url)).filter((line) => line.endsWith('is not'))).toEqual([]);
    await waitUntil(() => caller.isServed(`/v2/${client.repository}/tags/list`), 60, 'an answer');
    outage.end();
    await acting;
    await client.settle();
    await client.verify();
  },
);

it('collects in the end all that the crashes left, and nothing else', async () => {
  for (const client of clients) await client.settle();
  const logs = new Map(clients.map(({ repository, log }) => [repository, log]));
  expect(await drain(registry.dataDir, postgres.url, logs, DRAIN_SECONDS)).toEqual({ lost: [], left: [] });
  for (const client of clients) await client.verify();
}, 180_000);
