import { Random, runSeed } from '../support/random.js';
import type { Registry } from '../support/registry.js';
import { startServices } from '../support/services.js';
import { startSwitch } from '../support/switch.js';
import { Api } from './support/api.js';
import { filesOf } from './support/blob-file.js';
import { digestOf, imageOf, putManifest } from './support/content.js';
import { eventually } from './support/eventually.js';
import { Http } from './support/http.js';

// Two processes of `gc` on one database, with clocks so short that both always have something to do.

const WORKERS = 4;
const RUN_MS = 8_000;
/** Images of each worker that stay, however slow the machine is. */
const FEWEST_KEPT = 3;

interface Kept {
  readonly name: string;
  readonly tag: string;
  readonly blobs: readonly string[];
}

let registry: Registry;
let http: Http;
beforeAll(async () => {
  const quick = {
    LADING_GC_INTERVAL: '20ms',
    LADING_GC_DELAY: '1ms',
    LADING_GC_LEASE: '50ms',
    LADING_GC_HOLD: '1ms',
    LADING_RESTORE_WINDOW: '1ms',
    LADING_UNTAGGED_DELAY: '1ms',
    LADING_RECONCILE_INTERVAL: '1s',
  };
  registry = await startServices(quick, startSwitch, 2);
  http = Http.asAdmin(registry);
});
afterAll(async () => {
  http?.close();
  await registry?.stop();
});

/** Pushes images of shared layers; one in three stays, the others are deleted. @returns those that stay */
async function churn(random: Random, worker: number, goesOn: () => boolean): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (let n = 0; goesOn() || kept.length < FEWEST_KEPT; n++) {
    const name = `pair/app${random.between(1, 3)}`;
    const words = `layer ${random.between(1, 6)}`;
    const tag = `w${worker}-${n}`;
    const body = await imageOf(http, name, words);
    const answer = await putManifest(http, name, tag, body);
    // Its lease is so short that a blob may be gone by now; then the client is told so, and sends it again.
    if (answer.status === 400) continue;
    expect([runSeed, answer.status]).toEqual([runSeed, 201]);
    if (n % 3 === 0) {
      const { config, layers } = JSON.parse(body.toString());
      kept.push({ name, tag, blobs: [config, ...layers].map(({ digest }: { digest: string }) => digest) });
    } else {
      await http.send('DELETE', `/v2/${name}/manifests/${tag}`);
    }
  }
  return kept;
}

it('two collectors share the work, lose nothing and leave nothing behind', async () => {
  const until = performance.now() + RUN_MS;
  const workers = Array.from({ length: WORKERS }, (_, n) =>
    churn(new Random(`${runSeed} ${n}`), n, () => performance.now() < until),
  );
  const kept = (await Promise.all(workers)).flat();
  for (const { name, tag, blobs } of kept) {
    const { status: found } = await http.send('GET', `/v2/${name}/manifests/${tag}`);
    expect([runSeed, tag, found]).toEqual([runSeed, tag, 200]);
    for (const digest of blobs) {
      const { status, body } = await http.send('GET', `/v2/${name}/blobs/${digest}`);
      expect([runSeed, status, digestOf(body)]).toEqual([runSeed, 200, digest]);
    }
  }
  const needed = new Set(kept.flatMap(({ blobs }) => blobs)).size;
  await eventually(`${needed} files`, () => (filesOf(registry).length === needed ? true : undefined), 60);

  const { collectors } = await new Api(registry).json<{ collectors: { pid: number; done: Record<string, number> }[] }>(
    '/gc/status',
  );
  expect(new Set(collectors.map(({ pid }) => pid)).size).toBe(2);
  for (const { done } of collectors) expect(done.purged).toBeGreaterThan(0);
}, 180_000);
