import { Random, runSeed } from '../support/random.js';
import { Api } from './support/api.js';
import { filesOf } from './support/blob-file.js';
import { digestOf, imageOf, OCI_INDEX, OCI_MANIFEST, putBlob, putManifest } from './support/content.js';
import { eventually } from './support/eventually.js';
import type { Http } from './support/http.js';
import { useRegistry } from './support/use-registry.js';

// Collection as clients and the disk see it, with the clocks at a second or less in place of a day.

const QUICK = { LADING_GC_INTERVAL: '50ms', LADING_GC_DELAY: '1s', LADING_GC_LEASE: '1s', LADING_GC_HOLD: '500ms' };

describe('what nothing needs any more', () => {
  const { registry, http } = useRegistry({ ...QUICK, LADING_RESTORE_WINDOW: '1s' });
  let count = 0;
  let name = '';
  beforeEach(() => {
    name = `collected/app${++count}`;
  });

  const status = async (path: string) => (await http.send('GET', `/v2/${name}/${path}`)).status;
  const push = async (words: string, reference?: string): Promise<string> => {
    const body = await imageOf(http, name, words);
    const digest = digestOf(body);
    expect((await putManifest(http, name, reference ?? digest, body)).status).toBe(201);
    return digest;
  };
  const remove = async (path: string) => {
    expect((await http.send('DELETE', `/v2/${name}/${path}`)).status).toBe(202);
  };
  const filesBecome = async (expected: number) => {
    await eventually(`${expected} files`, () => (filesOf(registry).length === expected ? true : undefined), 30);
  };

  it('a deleted manifest takes the bytes that it alone needed, and leaves what others need', async () => {
    const before = filesOf(registry).length;
    const gone = await push('one', 'gone');
    await push('two', 'stays');
    const shared = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf('one'), size: 3 };
    const other = await imageOf(http, name, 'three', { layers: [shared] });
    expect((await putManifest(http, name, 'shares', other)).status).toBe(201);
    expect(filesOf(registry).length).toBe(before + 6);
    await remove(`manifests/${gone}`);
    // Its configuration goes, and the layer of "three" that no manifest names; the layer that "shares" names stays.
    await filesBecome(before + 4);
    expect(await status('manifests/shares')).toBe(200);
    expect(await status(`blobs/${digestOf('one')}`)).toBe(200);
    expect(await status(`blobs/${digestOf(JSON.stringify({ words: 'one' }))}`)).toBe(404);
  });

  it('an upload that no manifest names goes when its lease is over', async () => {
    const before = filesOf(registry).length;
    const digest = await putBlob(http, name, 'used by nobody');
    expect(await status(`blobs/${digest}`)).toBe(200);
    await filesBecome(before);
    expect(await status(`blobs/${digest}`)).toBe(404);
  });

  it('a manifest that lost its tag stays readable by digest for a time, then goes with its bytes', async () => {
    const before = filesOf(registry).length;
    const first = await push('first', 'latest');
    await push('second', 'latest');
    expect(await status(`manifests/${first}`)).toBe(200);
    // Asked for again and again by digest it would stay.
    await filesBecome(before + 2);
    expect(await status(`manifests/${first}`)).toBe(404);
    expect(await status('manifests/latest')).toBe(200);
  });

  it('a deleted repository keeps all its bytes while it can be restored, then goes with them', async () => {
    const api = new Api(registry);
    const before = filesOf(registry).length;
    await push('of the repository', 'v1');
    await putBlob(http, name, 'named by nothing');
    const path = `/registry/repositories/${encodeURIComponent(name)}`;
    const restore = { kind: 'repository', name };
    expect((await api.call('DELETE', path)).status).toBe(202);
    expect(await status('manifests/v1')).toBe(404);
    expect((await api.call('POST', '/undelete', restore)).status).toBe(200);
    expect(await status('manifests/v1')).toBe(200);
    expect((await api.call('DELETE', path)).status).toBe(202);
    await filesBecome(before);
    await eventually('it is no more', async () =>
      (await api.call('POST', '/undelete', restore)).status === 404 ? true : undefined,
    );
  });

  it('children of an index stay while it does, and go after it', async () => {
    const before = filesOf(registry).length;
    const child = await push('child');
    const manifests = [{ mediaType: OCI_MANIFEST, digest: child, size: 2 }];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    expect((await putManifest(http, name, 'index', index, OCI_INDEX)).status).toBe(201);
    const witness = await putBlob(http, name, 'goes before the child would');
    await eventually('404', async () => ((await status(`blobs/${witness}`)) === 404 ? true : undefined), 30);
    expect(await status(`manifests/${child}`)).toBe(200);
    await remove(`manifests/${digestOf(index)}`);
    await filesBecome(before);
    expect(await status(`manifests/${child}`)).toBe(404);
  });
});

describe('pushes, deletes and a collector that waits for nothing', () => {
  const { registry, http } = useRegistry({
    LADING_GC_INTERVAL: '5ms',
    LADING_GC_DELAY: '1ms',
    LADING_GC_LEASE: '20ms',
    LADING_GC_HOLD: '1ms',
    LADING_RESTORE_WINDOW: '1ms',
    LADING_UNTAGGED_DELAY: '1ms',
    // A clock is not started where somebody holds the row: walking through the registry finds it.
    LADING_RECONCILE_INTERVAL: '1s',
  });
  const WORKERS = 6;
  const RUN_MS = 10_000;

  it('lose nothing that was acknowledged, and leave nothing behind', async () => {
    const until = performance.now() + RUN_MS;
    await Promise.all(
      Array.from({ length: WORKERS }, (_, n) =>
        churn(http, new Random(`${runSeed} ${n}`), () => performance.now() < until),
      ),
    );
    await eventually('no file is left', () => (filesOf(registry).length === 0 ? true : undefined), 30);
  }, 120_000);
});

/** Pushes of each worker, however slow the machine is. */
const FEWEST = 11;

/** Pushes an image of few layers that others push and delete too, pulls it, deletes it. */
async function churn(http: Http, random: Random, goesOn: () => boolean): Promise<void> {
  let pushed = 0;
  while (goesOn() || pushed < FEWEST) {
    const name = `churn/app${random.between(1, 3)}`;
    const words = `layer ${random.between(1, 4)}`;
    const tag = `t${random.between(1, 1_000_000)}`;
    const body = await imageOf(http, name, words);
    const answer = await putManifest(http, name, tag, body);
    // Its lease is so short that a blob may be gone by now; then the client is told so, and sends it again.
    if (answer.status === 400) continue;
    expect([runSeed, answer.status]).toEqual([runSeed, 201]);
    pushed++;
    const manifest = await http.send('GET', `/v2/${name}/manifests/${tag}`);
    const layer = await http.send('GET', `/v2/${name}/blobs/${digestOf(words)}`);
    expect([runSeed, manifest.status, layer.status, layer.body.toString()]).toEqual([runSeed, 200, 200, words]);
    await http.send('DELETE', `/v2/${name}/manifests/${tag}`);
  }
}
