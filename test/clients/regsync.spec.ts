import { writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { differences } from '../support/contents.js';
import { type DockerRegistry, startDockerRegistry } from '../support/docker-registry.js';
import { artifactImage, multiArchImage, runnableImage, type TestImage } from '../support/images.js';
import { topOf } from '../support/oci-layout.js';
import { tool } from '../support/paths.js';
import { type RecordingProxy, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';

describe('regsync', () => {
  let home: ClientHome;
  let image: TestImage;
  let index: TestImage;
  let old: DockerRegistry;
  let proxy: RecordingProxy;
  let registry: Registry;
  let wire: Wire;

  beforeAll(async () => {
    [registry, old] = await Promise.all([startRegistry(), startDockerRegistry()]);
    proxy = await startProxy(() => registry.url);
    wire = new Wire(registry);
    home = new ClientHome();
    image = runnableImage(home.path('image'), 'regsync');
    index = multiArchImage(home.path('index'), 'regsync');
  });

  afterAll(async () => {
    await proxy?.close();
    await registry?.stop();
    await old?.stop();
    ClientHome.removeAll();
  });

  /** A repository with an image, an index, a signature under a tag, and an artifact about an artifact about the image. */
  const fill = async (repository: string) => {
    await wire.push(image.dir, repository, 'v1');
    await wire.push(index.dir, repository, 'v2');
    await wire.push(index.dir, repository, 'other');
    const sbom = artifactImage(home.path(`${repository}-sbom`), `${repository} sbom`, topOf(image.dir));
    const signature = artifactImage(home.path(`${repository}-signature`), `${repository} signature`, topOf(sbom.dir));
    for (const { dir, digest } of [sbom, signature]) await wire.push(dir, repository, digest);
    const tagged = artifactImage(home.path(`${repository}-tagged`), `${repository} tagged`);
    await wire.push(tagged.dir, repository, sigTag());
    return [sbom.digest, signature.digest];
  };
  const sigTag = () => `${image.digest.replace(':', '-')}.sig`;

  /** Runs `once` or `check` on tags that begin with v, with what refers to them. Returns its log. */
  const regsync = async (verb: string, source: string, target: string, password = registry.password) => {
    const file = home.path('regsync.yml');
    const credentials = { registry: proxy.host, tls: 'disabled', user: registry.user, pass: password };
    const sync = { source, target, type: 'repository', tags: { allow: ['v.*'] }, referrers: true, digestTags: true };
    const creds = [credentials, { registry: old.host, tls: 'disabled' }];
    writeFileSync(file, JSON.stringify({ version: 1, creds, sync: [sync] })); // JSON is YAML, too.
    return [tool('regsync'), verb, '-c', file];
  };
  const run = async (...args: Parameters<typeof regsync>) => (await home.run(await regsync(...args))).stderr;

  it('CL-RC-01: mirrors tags with all that refers to them, and a second run has nothing to push', async () => {
    await fill('regsync/source');
    const [source, target] = ['source', 'mirror'].map((name) => `${proxy.host}/regsync/${name}`) as [string, string];
    await run('once', source, target);

    expect(await wire.tags('regsync/mirror')).toEqual([sigTag(), 'v1', 'v2']);
    for (const tag of await wire.tags('regsync/mirror')) {
      const mirrored = await wire.closure('regsync/mirror', tag);
      expect(differences(await wire.closure('regsync/source', tag), mirrored)).toEqual([]);
    }
    const since = proxy.requests.length;
    await run('once', source, target);
    const again = new Set(proxy.requests.slice(since).map(({ method }) => method));
    expect(again).toEqual(new Set(['GET', 'HEAD']));
  });

  it('says what a run would push, and pushes nothing, when it is told to check', async () => {
    await fill('regsync/checked');
    const [source, target] = ['checked', 'unchanged'].map((name) => `${proxy.host}/regsync/${name}`);
    expect(await run('check', source!, target!)).toContain(`Image sync needed" source=${source}:v1`);
    expect(await wire.manifestStatus('regsync/unchanged', 'v1')).toBe(404);
  });

  it('REF-16: brings referrers back from a registry that knows them by fallback tags alone', async () => {
    const [sbom, signature] = (await fill('regsync/there')) as [string, string];
    const away = `${old.host}/regsync/away`;
    await run('once', `${proxy.host}/regsync/there`, away);
    const { tags } = (await (await fetch(`${old.url}/v2/regsync/away/tags/list`)).json()) as { tags: string[] };
    expect(tags).toContain(image.digest.replace(':', '-'));
    await run('once', away, `${proxy.host}/regsync/back`);

    for (const tag of ['v1', 'v2', sigTag()]) {
      const back = await wire.closure('regsync/back', tag);
      expect(differences(await wire.closure('regsync/there', tag), back)).toEqual([]);
    }
    expect((await wire.referrers('regsync/back', image.digest)).map(({ digest }) => digest)).toEqual([sbom]);
    expect((await wire.referrers('regsync/back', sbom)).map(({ digest }) => digest)).toEqual([signature]);
  });

  it('is refused with a wrong password', async () => {
    await fill('regsync/private');
    const [source, target] = ['private', 'taken'].map((name) => `${proxy.host}/regsync/${name}`);
    await home.refused(await regsync('once', source!, target!, `${registry.password}x`));
    expect(await wire.manifestStatus('regsync/taken', 'v1')).toBe(404);
  });
});
