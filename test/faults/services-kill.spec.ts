import { setTimeout as delay } from 'node:timers/promises';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { Random, runSeed } from '../support/random.js';
import type { Registry } from '../support/registry.js';
import { startServices } from '../support/services.js';
import { brokenReferences, danglingRows, strayFiles } from './audit.js';
import { Http } from './http.js';
import { Ledger } from './load/ledger.js';
import { Load } from './load/load.js';
import { resume } from './load/resume.js';
import { verify } from './load/verify.js';
import { killNine, pidOfService, waitUntil } from './processes.js';

const ROUNDS = process.env.LADING_NIGHT ? 10 : 1;

const random = new Random(runSeed);
const ledger = new Ledger();
let postgres: Postgres;
let registry: Registry;
let isDown = false;

beforeAll(async () => {
  process.stdout.write(`services-kill.spec: LADING_TEST_SEED=${runSeed}\n`);
  postgres = await startPostgres();
  process.env.LADING_TEST_DATABASE_URL = postgres.url;
  registry = await startServices({ LADING_GC_INTERVAL: '200ms' });
});

afterAll(async () => {
  delete process.env.LADING_TEST_DATABASE_URL;
  await registry?.stop();
  await postgres?.stop();
});

async function restart(): Promise<void> {
  await registry.restart();
  isDown = false;
}

/** A round that failed before its restart is not to fail the next one. */
beforeEach(async () => {
  if (isDown) await restart();
});

const rounds = Array.from({ length: ROUNDS }, () => ['metadata', 'auth', 'distribution', 'gc']).flat();

it.each(rounds)('loses nothing that was acknowledged when one service dies: %s', async (service) => {
  const load = new Load(registry, ledger, `${runSeed} ${random.fraction()}`);
  await waitUntil(() => load.answered > 50 || load.faults.length > 0, 30, 'the load');
  await delay(random.between(0, 1_500));
  const ended = load.end();
  isDown = true;
  await killNine([pidOfService(registry.dataDir, service)]);
  await ended;
  expect(load.faults).toEqual([]);

  await restart();
  const http = new Http(registry);
  expect(await verify(http, ledger, ledger.subjects())).toEqual([]);
  const resumed = await Promise.all(load.uploads.map((upload) => resume(http, ledger, upload, false)));
  expect(resumed.filter((fault) => fault !== undefined)).toEqual([]);
  expect(await danglingRows(registry.dataDir, postgres.url)).toEqual([]);
  expect(await brokenReferences(postgres.url)).toEqual([]);
  expect(await strayFiles(registry.dataDir, postgres.url)).toEqual([]);
  http.close();
});
