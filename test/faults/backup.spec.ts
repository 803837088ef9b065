import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { lading } from '../support/lading-cli.js';
import { Random, runSeed } from '../support/random.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { removeScratch, scratch } from '../support/scratch.js';
import { brokenReferences, danglingRows } from './audit.js';
import { Http } from './http.js';
import { makeImage } from './load/image.js';
import { Ledger } from './load/ledger.js';
import { Load } from './load/load.js';
import { LoadClient } from './load/load-client.js';
import { verify } from './load/verify.js';
import { waitUntil } from './processes.js';

// The drill: a copy of a registry that works, with pushes, deletes and collection under way, is one that works.

const QUICK = { LADING_GC_INTERVAL: '200ms', LADING_GC_HOLD: '500ms', LADING_UPLOAD_TTL: '5s' };

const ledger = new Ledger();
const dir = scratch();
const target = join(dir, 'backup');
let registry: Registry;
let isOver = false;
const pushing: Promise<unknown>[] = [];

beforeAll(async () => {
  process.stdout.write(`backup.spec: LADING_TEST_SEED=${runSeed}\n`);
  registry = await startRegistry({ ...QUICK, LADING_RESTORE_WINDOW: '1s' });
});

afterAll(async () => {
  await registry?.stop();
  removeScratch(dir);
});

const backup = (...words: string[]) => {
  const settings = { LADING_DATA_DIR: registry.dataDir, LADING_PUBLIC_URL: registry.url };
  return lading(['backup', ...words], { ...settings, LADING_ADMIN_PASSWORD: registry.password });
};

/** Pushes that the copy may have or not, to repositories of their own. */
async function pushOn(at: number): Promise<void> {
  const http = new Http(registry);
  const repository = `during/client${at}/app`;
  const context = { http, ledger: new Ledger(), random: new Random(`${runSeed} ${at}`), repositories: [repository] };
  const client = new LoadClient(repository, `${runSeed} during ${at}`, context);
  for (let n = 0; !isOver; n++) await client.push(makeImage(`${runSeed} during ${at} ${n}`, [200_000, 500]), `v${n}`);
  http.close();
}

it('is taken while clients push and the collector works', async () => {
  const load = new Load(registry, ledger, runSeed);
  await waitUntil(() => load.answered > 200 || load.faults.length > 0, 60, 'the load');
  await load.end();
  expect(load.faults).toEqual([]);
  const http = new Http(registry);
  expect(await verify(http, ledger, ledger.subjects())).toEqual([]);
  http.close();
  pushing.push(...[1, 2, 3].map(pushOn));
  const { code, stdout, stderr } = await backup(target, '--json');
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout).blobs).toBeGreaterThan(10);
  isOver = true;
  await Promise.all(pushing);
});

it('leaves collection as it was', async () => {
  const { stdout } = await lading(['gc', 'status', '--json'], {
    ...{ LADING_PUBLIC_URL: registry.url, LADING_ADMIN_PASSWORD: registry.password },
  });
  expect(JSON.parse(stdout).paused).toBeNull();
});

it('is a data directory: what was acknowledged before is there to the last byte, and nothing is half there', async () => {
  const copy = await startRegistry({ ...QUICK, LADING_DATA_DIR: target, LADING_RESTORE_WINDOW: '1s' });
  try {
    const http = new Http({ url: copy.url, user: registry.user, password: registry.password });
    expect(await danglingRows(target)).toEqual([]);
    expect(await brokenReferences(target)).toEqual([]);
    expect(await verify(http, ledger, ledger.subjects())).toEqual([]);
    const { status } = await http.send('GET', '/v2/_catalog');
    expect(status).toBe(200);
    http.close();
  } finally {
    await copy.stop();
  }
});

it('says what is wrong with a directory that has something in it, and with a Lading that does not run', async () => {
  const full = await backup(target);
  expect([full.code, full.stderr]).toEqual([2, expect.stringContaining('is not empty')]);
  const other = join(dir, 'other');
  mkdirSync(other);
  const { code, stderr } = await backup(join(dir, 'never'), '--data-dir', other);
  expect([code, stderr]).toEqual([2, expect.stringContaining('is Lading started?')]);
});
