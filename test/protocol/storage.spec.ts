import { lading } from '../support/lading-cli.js';
import { Api } from './support/api.js';
import { filesOf } from './support/blob-file.js';
import { digestOf, imageOf, putBlob, putManifest } from './support/content.js';
import { useRegistry } from './support/use-registry.js';

// No round comes in between: what is counted stays as it is.
const { registry, http } = useRegistry({ LADING_GC_INTERVAL: '1h' });
const api = new Api(registry);
const run = async (...words: string[]) => {
  const settings = { LADING_PUBLIC_URL: registry.url, LADING_ADMIN_PASSWORD: registry.password };
  const { code, stdout, stderr } = await lading(words, settings);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};
const json = async (...words: string[]) => JSON.parse(await run(...words, '--json'));

const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digestOf('shared layer'), size: 12 };

/** Two images in two projects that share a layer; one of them is deleted. Each has a layer and a configuration of its own. */
beforeAll(async () => {
  for (const name of ['figures/one', 'figures/two']) {
    await putBlob(http, name, 'shared layer');
    const body = await imageOf(http, name, name, { layers: [layer] });
    expect((await putManifest(http, name, 'v1', body)).status).toBe(201);
    if (name === 'figures/two') {
      expect((await http.send('DELETE', `/v2/${name}/manifests/${digestOf(body)}`)).status).toBe(202);
    }
  }
});

it('says what would be free, of each project and repository', async () => {
  const { totals, projects, repositories } = await json('gc', 'plan');
  // Its configuration, and the layer that imageOf puts for each image and that this one does not name.
  const own = repositories.find(({ path }: { path: string }) => path === 'figures/two');
  expect(own).toMatchObject({ manifests: { count: 1 }, shared: { count: 0, bytes: 0 } });
  expect(own.objects.count).toBe(2);
  const sum = repositories.reduce((all: number, { objects }: { objects: { bytes: number } }) => all + objects.bytes, 0);
  expect(totals.objects.bytes).toBe(sum + totals.shared.bytes + totals.elsewhere.bytes);
  expect(projects.map(({ path }: { path: string }) => path)).toEqual(['figures/one', 'figures/two']);
  expect(await run('gc', 'plan')).toMatch(/^repository figures\/two \(\d+\) +2 /m);
  const soon = await json('gc', 'plan', '--at', new Date(Date.now() + 1_000).toISOString());
  // The second upload of the shared layer waits to be deleted.
  expect(soon.totals).toMatchObject({ objects: { count: 1, bytes: 12 }, elsewhere: { count: 1, bytes: 12 } });
});

it('has a ledger that is what is on disk', async () => {
  const { total, objects } = await json('storage');
  expect(total.count).toBe(filesOf(registry).length);
  expect(objects.condemned).toEqual({ count: 0, bytes: 0 });
  expect(await run('storage')).toMatch(/^together +\d+ /m);
});

it('says what a project and a repository hold', async () => {
  const project = await json('storage', '--project', 'figures/one');
  expect(project).toMatchObject({ path: 'figures/one', shared: { count: 1, bytes: 12 }, manifests: { count: 1 } });
  expect(project.exclusive.count).toBe(1);
  expect(project.pending.count).toBe(1);
  expect(await json('storage', '--project', `${project.id}`)).toEqual(project);
  const { repositories } = await json('gc', 'plan');
  const { repositoryId } = repositories[0];
  expect(await json('storage', '--repository', `${repositoryId}`)).toMatchObject({ id: repositoryId });
  expect(await run('storage', '--project', 'figures/one')).toMatch(/^shared +1 +12 B$/m);
});

it.each([
  ['/projects/no%2Fsuch/storage', 404],
  ['/registry/repositories/x/storage', 400],
  ['/gc/plan?at=tomorrow', 400],
])('refuses %s with %s', async (path, status) => {
  expect((await api.get(path)).status).toBe(status);
});

it.each(['/storage', '/gc/plan', '/projects/1/storage', '/registry/repositories/1/storage'])(
  'shows %s to nobody but administrators',
  async (path) => {
    expect((await new Api(registry, null).get(path)).status).toBe(401);
  },
);
