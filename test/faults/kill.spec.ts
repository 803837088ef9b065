import { setTimeout as delay } from 'node:timers/promises';
import { Random, runSeed } from '../support/random.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { brokenReferences, danglingRows, objectsOf, strayFiles } from './audit.js';
import { Http } from './http.js';
import { makeImage } from './load/image.js';
import { Ledger } from './load/ledger.js';
import { Load, repositories } from './load/load.js';
import { LoadClient } from './load/load-client.js';
import { resume } from './load/resume.js';
import { verify } from './load/verify.js';
import { childrenOf, killNine, postmasterOf, waitUntil } from './processes.js';

const ROUNDS = process.env.LADING_NIGHT ? 50 : 10;

/** Seconds from the start of the process to its ready line; recovery of the database is part of it. */
const RESTART_SECONDS = 20;

const random = new Random(runSeed);
const ledger = new Ledger();
const restarts: number[] = [];
const strays = new Set<string>();
let registry: Registry;
let isDown = false;

beforeAll(async () => {
  process.stdout.write(`kill.spec: LADING_TEST_SEED=${runSeed}\n`);
  registry = await startRegistry({ LADING_GC_INTERVAL: '200ms' });
});

afterAll(async () => {
  await registry?.stop();
  const seconds = restarts.map((ms) => (ms / 1000).toFixed(1)).join(' ');
  process.stdout.write(`kill.spec: seconds of each restart: ${seconds}; files without a row: ${strays.size}\n`);
});

/** A round that failed before its restart is not to fail the next one. */
beforeEach(async () => {
  if (isDown) await restart();
});

/** Half of the rounds kill the database with it; which of the two dies first is left to the scheduler. */
async function kill(withDatabase: boolean): Promise<void> {
  isDown = true;
  const postmaster = postmasterOf(registry.dataDir)!;
  const database = withDatabase ? [postmaster, ...childrenOf(postmaster)] : [];
  await Promise.all([registry.kill9(), killNine(database)]);
}

async function restart(): Promise<void> {
  isDown = false;
  const begun = Date.now();
  await registry.restart();
  restarts.push(Date.now() - begun);
  expect(restarts.at(-1)).toBeLessThan(RESTART_SECONDS * 1000);
}

/** A push to every repository of the load: whatever lies there must not be in its way. */
async function pushToAll(http: Http, round: number): Promise<void> {
  const pushes = repositories.map((repository, at) => {
    const context = { http, ledger, random: new Random(`${runSeed} ${round} ${at}`), repositories };
    const client = new LoadClient(repository, '', context);
    return client.push(makeImage(`${runSeed} after ${round} ${at}`, [5_000, 500]), 'after');
  });
  await Promise.all(pushes);
}

/** Everything in the last round, else what is new and some of what is old. */
function toVerify(before: number, round: number) {
  const subjects = ledger.subjects();
  if (round === ROUNDS) return subjects;
  const old = subjects.slice(0, before).filter(() => random.fraction() < 200 / before);
  return [...old, ...subjects.slice(before)];
}

/**
 * A file without a row would stay for good. Only a killed database may leave one: the row of a new upload is durable with
 * the next change only, and its empty file may be there before.
 */
async function newStrays(): Promise<string[]> {
  const found = (await strayFiles(registry.dataDir)).filter((line) => !strays.has(line));
  for (const line of found) strays.add(line);
  return found;
}

it.each(
  Array.from({ length: ROUNDS }, (_, at) => ({ round: at + 1, killed: at % 2 ? 'server and database' : 'server' })),
)('loses nothing that was acknowledged: round $round, kill -9 of the $killed', async ({ round, killed }) => {
  const withDatabase = killed !== 'server';
  const before = ledger.subjects().length;
  const load = new Load(registry, ledger, `${runSeed} ${round}`);
  await waitUntil(() => load.answered > 20 || load.faults.length > 0, 30, 'the load');
  await delay(random.between(0, 2_000));
  const ended = load.end();
  await kill(withDatabase);
  await ended;
  expect(load.faults).toEqual([]);

  await restart();
  const http = new Http(registry);
  expect(await danglingRows(registry.dataDir)).toEqual([]);
  expect(await brokenReferences(registry.dataDir)).toEqual([]);
  const found = await newStrays();
  expect(withDatabase ? found.filter((line) => !line.endsWith('its row is not')) : found).toEqual([]);
  expect(await verify(http, ledger, toVerify(before, round))).toEqual([]);
  await pushToAll(http, round);
  const resumed = await Promise.all(load.uploads.map((upload) => resume(http, ledger, upload, withDatabase)));
  expect(resumed.filter((fault) => fault !== undefined)).toEqual([]);
  http.close();
});

it('collects what the crashes left', async () => {
  const states = async () => new Set((await objectsOf(registry.dataDir)).map(({ state }) => state));
  await waitUntil(async () => !(await states()).has('purging'), 20, 'the purge of what is dead');
  expect(await newStrays()).toEqual([]);
  expect(await danglingRows(registry.dataDir)).toEqual([]);
});
