import { writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { blobsIn, differences, layoutContents } from '../support/contents.js';
import { multiArchImage, randomImage, runnableImage, type TestImage } from '../support/images.js';
import type { Descriptor } from '../support/oci-layout.js';
import { tool } from '../support/paths.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { tar } from '../support/tar.js';
import { Wire } from '../support/wire.js';
import { SAMPLES } from './samples.js';

const ADDED = Buffer.from('added by crane');

describe('crane', () => {
  let home: ClientHome;
  let stranger: ClientHome;
  let image: TestImage;
  let registry: Registry;
  let wire: Wire;

  const crane = (...args: string[]) => [tool('crane'), ...args];
  const login = (host: string, password: string) => crane('auth', 'login', host, '-u', registry.user, '-p', password);
  const at = (name: string) => `${registry.host}/crane/${name}`;

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome();
    stranger = new ClientHome();
    image = runnableImage(home.path('layout'), 'crane');
    await home.run(login(registry.host, registry.password));
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('is let in with the right password and not with a wrong one', async () => {
    const someone = new ClientHome();
    await wire.push(image.dir, 'crane/login', 'v1');
    await someone.run(login(registry.host, `${registry.password}x`)); // Only writes it down; the next command tries it.
    await someone.refused(crane('ls', at('login')));
    await someone.run(login(registry.host, registry.password));
    await someone.run(crane('ls', at('login')));
  });

  it.each(SAMPLES)('pushes and pulls $what, bit for bit', async (sample) => {
    const { dir, digest } = sample.make(home.path(sample.name), `crane ${sample.name}`);
    const name = `push/${sample.name}`;
    const pulled = home.path(`pulled-${sample.name}`);
    await home.run(crane('push', dir, at(`${name}:v1`)));
    await home.run(crane('pull', '--format', 'oci', at(`${name}:v1`), pulled));

    const pushed = await layoutContents(dir);
    expect(differences(pushed, await wire.contents(`crane/${name}`, digest))).toEqual([]);
    expect(differences(pushed, await layoutContents(pulled))).toEqual([]);
  });

  it('pulls a layout that others read, by digest, and by its tag where it is told to keep that', async () => {
    await wire.push(image.dir, 'crane/layout', 'v1');
    const [plain, named] = [home.path('plain'), home.path('named')];
    await home.run(crane('pull', '--format', 'oci', at('layout:v1'), plain));
    await home.run(crane('pull', '--format', 'oci', '--annotate-ref', at('layout:v1'), named));
    for (const reference of [`${plain}@${image.digest}`, `${named}:v1`]) {
      const { stdout } = await home.run([tool('regctl'), 'image', 'digest', `ocidir://${reference}`]);
      expect(stdout.trim()).toBe(image.digest);
    }
    const layout = ['resolve', '--oci-layout', `${plain}@${image.digest}`];
    expect((await home.run([tool('oras'), ...layout])).stdout.trim()).toBe(image.digest);
    const raw = await home.run(['skopeo', 'inspect', '--raw', `oci:${plain}`]);
    expect(raw.stdout).toBe((await wire.manifest('crane/layout', 'v1')).bytes.toString());
  });

  it('finds every byte and diff id in order, and gives the digest of a tag', async () => {
    await wire.push(image.dir, 'crane/validate', 'v1');
    for (const flags of [[], ['--fast']]) await home.run(crane('validate', '--remote', at('validate:v1'), ...flags));
    const { stdout } = await home.run(crane('digest', at('validate:v1')));
    expect(stdout.trim()).toBe(image.digest);
  });

  it('CL-GG-03, HTTP-10: opens an upload as JSON, sends a blob in one PATCH without a range, and closes it', async () => {
    const proxy = await startProxy(() => registry.url);
    const { dir, digest } = randomImage(home.path('stream'), 'crane stream', [5e6]);
    await home.run(login(proxy.host, registry.password));
    await home.run(crane('push', dir, `${proxy.host}/crane/stream:v1`));

    const about = (method: string) => proxy.requests.filter((request) => request.method === method);
    const headers = (method: string, ...names: string[]) =>
      about(method).map((request) => names.map((name) => request.headers[name]));
    expect(headers('POST', 'content-type', 'content-length')).toEqual(Array(2).fill(['application/json', '0']));
    expect(headers('PATCH', 'content-range')).toEqual([[undefined], [undefined]]);
    expect(headers('PUT', 'content-length').slice(0, 2)).toEqual([['0'], ['0']]);
    expect(differences(await layoutContents(dir), await wire.contents('crane/stream', digest))).toEqual([]);
    await proxy.close();
  });

  it('CL-GG-07, MNT-10: copies from one repository to another by mounts, which name the host they come from', async () => {
    const proxy = await startProxy(() => registry.url);
    await home.run(login(proxy.host, registry.password));
    await wire.push(image.dir, 'crane/source', 'v1');
    await home.run(crane('copy', `${proxy.host}/crane/source:v1`, `${proxy.host}/crane/target:v1`));

    const mounts = proxy.requests.filter(({ path, status }) => path.includes('mount=sha256') && status !== 401);
    expect(mounts.map(({ status }) => status)).toEqual([201, 201, 201]);
    const origin = `origin=${encodeURIComponent(proxy.host)}`;
    for (const { path } of mounts) expect(path).toMatch(new RegExp(`from=crane%2Fsource&mount=sha256%3A.*&${origin}$`));
    expect(differences(await layoutContents(image.dir), await wire.contents('crane/target', 'v1'))).toEqual([]);
    await proxy.close();
  });

  it('tags, and lists tags and the catalog', async () => {
    await wire.push(image.dir, 'crane/tags', 'v1');
    await home.run(crane('tag', at('tags:v1'), 'v2'));
    const tags = await home.run(crane('ls', at('tags')));
    const catalog = await home.run(crane('catalog', registry.host));
    expect(tags.stdout.trim().split('\n').sort()).toEqual(['v1', 'v2']);
    expect(catalog.stdout.split('\n')).toContain('crane/tags');
  });

  it('CL-GG-07, TAG-14: lists a thousand tags and one more, in two pages', async () => {
    const proxy = await startProxy(() => registry.url);
    await home.run(login(proxy.host, registry.password));
    await wire.push(image.dir, 'crane/pages', 'v0000');
    const { bytes, mediaType } = await wire.manifest('crane/pages', 'v0000');
    const names = Array.from({ length: 1001 }, (_, at) => `v${String(at).padStart(4, '0')}`);
    for (let at = 0; at < names.length; at += 50) {
      const query = names.slice(at, at + 50).map((name) => `tag=${name}`);
      const path = `/v2/crane/pages/manifests/${image.digest}?${query.join('&')}`;
      await wire.request(path, { method: 'PUT', headers: { 'content-type': mediaType }, body: bytes });
    }
    const { stdout } = await home.run(crane('ls', `${proxy.host}/crane/pages`));
    expect(stdout.trim().split('\n')).toEqual(names);
    const pages = proxy.requests.filter(({ path, status }) => path.includes('/tags/list') && status === 200);
    expect(pages.map(({ path }) => new URL(path, proxy.url).search)).toEqual(['?n=1000', '?n=1000&last=v0999']);
    await proxy.close();
  });

  it('copies every tag of a repository', async () => {
    const other = randomImage(home.path('other'), 'crane other', [1000]);
    await wire.push(image.dir, 'crane/every', 'v1');
    await wire.push(other.dir, 'crane/every', 'v2');
    await home.run(crane('copy', '--all-tags', at('every'), at('everything')));
    for (const tag of ['v1', 'v2']) {
      const copied = await wire.contents('crane/everything', tag);
      expect(differences(await wire.contents('crane/every', tag), copied)).toEqual([]);
    }
  });

  describe('changes an image in the registry', () => {
    /** The layers of a tag of `crane/change`, by digest, once crane has found all of it in order. */
    const layers = async (tag: string) => {
      await home.run(crane('validate', '--remote', at(`change:${tag}`)));
      const { bytes } = await wire.manifest('crane/change', tag);
      return JSON.parse(bytes.toString()).layers.map(({ digest }: Descriptor) => digest) as string[];
    };
    const config = async (tag: string) => JSON.parse((await home.run(crane('config', at(`change:${tag}`)))).stdout);

    beforeAll(async () => {
      await wire.push(image.dir, 'crane/change', 'v1');
      writeFileSync(
        home.path('layer.tar'),
        tar([
          { name: 'etc/', mode: 0o755 },
          { name: 'etc/added', data: ADDED },
        ]),
      );
      await home.run(crane('append', '-b', at('change:v1'), '-f', home.path('layer.tar'), '-t', at('change:more')));
    });

    it('by a layer more', async () => {
      expect((await layers('more')).slice(0, 2)).toEqual(await layers('v1'));
      await home.run(crane('export', at('change:more'), home.path('root.tar')));
      const { stdout } = await home.run(['tar', '-xOf', home.path('root.tar'), 'etc/added']);
      expect(stdout).toBe(ADDED.toString());
    });

    it('by labels and environment, with the layers that it has', async () => {
      const change = ['--label', 'a=b', '--env', 'X=y', '-t', at('change:labelled')];
      await home.run(crane('mutate', at('change:v1'), ...change));
      expect(await layers('labelled')).toEqual(await layers('v1'));
      expect((await config('labelled')).config).toMatchObject({ Labels: { a: 'b' } });
    });

    it('to one layer, and onto another base', async () => {
      await home.run(crane('flatten', at('change:more'), '-t', at('change:flat')));
      expect(await layers('flat')).toHaveLength(1);
      const base = randomImage(home.path('base'), 'crane base', [1000]);
      await wire.push(base.dir, 'crane/change', 'base');
      const bases = ['--old_base', at('change:v1'), '--new_base', at('change:base')];
      await home.run(crane('rebase', at('change:more'), ...bases, '-t', at('change:rebased')));
      expect(await layers('rebased')).toEqual([...(await layers('base')), (await layers('more'))[2]]);
    });

    it('into an index with others, and takes a platform out of one', async () => {
      const multi = multiArchImage(home.path('multi'), 'crane multi');
      await wire.push(multi.dir, 'crane/change', 'multi');
      const both = ['-m', at('change:v1'), '-m', at('change:more'), '-t', at('change:index')];
      await home.run(crane('index', 'append', ...both));
      expect((await wire.contents('crane/change', 'index')).has(image.digest)).toBe(true);
      const arm = ['--platform', 'linux/arm64/v8', '-t', at('filtered:v1')];
      await home.run(crane('index', 'filter', at('change:multi'), ...arm));
      const left = JSON.parse((await wire.manifest('crane/filtered', 'v1')).bytes.toString()).manifests;
      expect(left.map(({ platform }: Descriptor) => platform!.architecture)).toEqual(['arm64']);
      await wire.contents('crane/filtered', 'v1');
    });
  });

  it('pushes what it pulled as a tar archive, with the same layers', async () => {
    await wire.push(image.dir, 'crane/archive', 'v1');
    await home.run(crane('pull', '--format', 'tarball', at('archive:v1'), home.path('archive.tar')));
    await home.run(crane('push', home.path('archive.tar'), at('archive:v2')));
    const contents = [await wire.contents('crane/archive', 'v1'), await wire.contents('crane/archive', 'v2')] as const;
    expect(differences(blobsIn(contents[0]), blobsIn(contents[1]))).toEqual([]);
  });

  it('deletes a manifest by digest, and with it its tags', async () => {
    await wire.push(image.dir, 'crane/delete', 'v1');
    await home.run(crane('delete', at(`delete@${image.digest}`)));
    expect(await wire.manifestStatus('crane/delete', image.digest)).toBe(404);
    expect(await wire.manifestStatus('crane/delete', 'v1')).toBe(404);
  });

  it('deletes a tag and leaves the manifest and its other tags', async () => {
    for (const tag of ['v1', 'v2']) await wire.push(image.dir, 'crane/untag', tag);
    await home.run(crane('delete', at('untag:v1')));
    expect(await wire.manifestStatus('crane/untag', 'v1')).toBe(404);
    expect(await wire.manifestStatus('crane/untag', 'v2')).toBe(200);
    expect(await wire.manifestStatus('crane/untag', image.digest)).toBe(200);
  });

  it('is refused a pull and a push without credentials', async () => {
    await wire.push(image.dir, 'crane/private', 'v1');
    await stranger.refused(crane('pull', at('private:v1'), stranger.path('pulled.tar')));
    await stranger.refused(crane('push', image.dir, at('private:v2')));
    expect(await wire.manifestStatus('crane/private', 'v2')).toBe(404);
  });
});
