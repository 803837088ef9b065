import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { digestOf } from '../support/digest.js';
import { artifactImage, randomImage, runnableImage, type TestImage } from '../support/images.js';
import { type Descriptor, topOf } from '../support/oci-layout.js';
import { tool } from '../support/paths.js';
import { type ProxiedRequest, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { Wire } from '../support/wire.js';
import { SAMPLES } from './samples.js';

/** Bytes of one PATCH where a test asks for chunks. */
const CHUNK = 1_048_576;

describe('regctl', () => {
  let home: ClientHome;
  let stranger: ClientHome;
  let image: TestImage;
  let registry: Registry;
  let wire: Wire;

  const regctl = (...args: string[]) => [tool('regctl'), ...args];
  const login = (host: string) => regctl('registry', 'login', '-u', registry.user, '--pass-stdin', host);
  const at = (name: string) => `${registry.host}/regctl/${name}`;

  /** Tells a home that a host speaks plain HTTP, and more about it. */
  const know = (someone: ClientHome, host: string, ...flags: string[]) =>
    someone.run(regctl('registry', 'set', '--skip-check', '--tls', 'disabled', ...flags, host));

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome();
    stranger = new ClientHome();
    image = runnableImage(home.path('layout'), 'regctl');
    await know(stranger, registry.host);
    await know(home, registry.host);
    await home.run(login(registry.host), { input: registry.password });
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('logs in with the right password and not with a wrong one', async () => {
    const someone = new ClientHome();
    await know(someone, registry.host);
    await someone.refused(login(registry.host), { input: `${registry.password}x` });
    await someone.run(login(registry.host), { input: registry.password });
  });

  it.each(SAMPLES)('pushes and pulls $what, bit for bit', async (sample) => {
    const { dir, digest } = sample.make(home.path(sample.name), `regctl ${sample.name}`);
    const name = `push/${sample.name}`;
    const pulled = home.path(`pulled-${sample.name}`);
    await home.run(regctl('image', 'copy', `ocidir://${dir}:v1`, at(`${name}:v1`)));
    await home.run(regctl('image', 'copy', at(`${name}:v1`), `ocidir://${pulled}:v1`));

    const pushed = await layoutContents(dir);
    expect(differences(pushed, await wire.contents(`regctl/${name}`, digest))).toEqual([]);
    expect(differences(pushed, await layoutContents(pulled))).toEqual([]);
  });

  it('pushes an image in chunks with Content-Range', async () => {
    const proxy = await startProxy(() => registry.url);
    const { dir, digest } = randomImage(home.path('chunks'), 'regctl chunks', [12e6, 8e6, 4e6]);
    await know(home, proxy.host, '--blob-chunk', `${CHUNK}`, '--blob-max', `${CHUNK}`);
    await home.run(login(proxy.host), { input: registry.password });
    await home.run(regctl('image', 'copy', `ocidir://${dir}:v1`, `${proxy.host}/regctl/chunks:v1`));

    const chunks = proxy.requests.filter(({ method, status }) => method === 'PATCH' && status === 202);
    expect(chunks.length).toBeGreaterThanOrEqual(12 + 8 + 4);
    expect(differences(await layoutContents(dir), await wire.contents('regctl/chunks', digest))).toEqual([]);
    await proxy.close();
  });

  it('UPL-14, CL-RC-02: goes on with a chunked upload where an answer was lost, at the byte that it is told', async () => {
    let chunks = 0;
    const cutAfter = ({ method }: ProxiedRequest) => (method === 'PATCH' && ++chunks === 3 ? 0 : undefined);
    const proxy = await startProxy(() => registry.url, { cutAfter });
    await know(home, proxy.host, '--blob-chunk', `${CHUNK}`, '--blob-max', `${CHUNK}`);
    await home.run(login(proxy.host), { input: registry.password });
    const { dir, digest } = randomImage(home.path('lost'), 'regctl lost', [5e6]);
    await home.run(regctl('image', 'copy', `ocidir://${dir}:v1`, `${proxy.host}/regctl/lost:v1`));

    const patches = proxy.requests.filter(({ method }) => method === 'PATCH');
    const starts = patches.map(({ headers, status }) => [
      Number.parseInt(headers['content-range']!, 10) / CHUNK,
      status,
    ]);
    expect(starts).toEqual([
      [0, 202],
      [1, 202],
      [2, 202],
      [2, 416],
      [3, 202],
      [4, 202],
    ]);
    expect(differences(await layoutContents(dir), await wire.contents('regctl/lost', digest))).toEqual([]);
    await proxy.close();
  });

  it('BLOB-12: goes on with a pull where the connection broke', async () => {
    const broken = new Set<string>();
    const cutAfter = ({ path }: ProxiedRequest) => {
      if (!path.includes('/blobs/sha256:') || broken.has(path)) return undefined;
      broken.add(path);
      return 300_000;
    };
    const proxy = await startProxy(() => registry.url, { cutAfter });
    await know(home, proxy.host);
    await home.run(login(proxy.host), { input: registry.password });
    const { dir } = randomImage(home.path('broken'), 'regctl broken', [3e6]);
    await wire.push(dir, 'regctl/broken', 'v1');
    const pulled = home.path('broken-pulled');
    await home.run(regctl('image', 'copy', `${proxy.host}/regctl/broken:v1`, `ocidir://${pulled}:v1`));

    const again = proxy.requests.filter(({ headers }) => headers.range !== undefined);
    expect(again.map(({ headers, status }) => [headers.range!.split('-')[0], status])).toEqual([['bytes=300000', 206]]);
    expect(differences(await layoutContents(dir), await layoutContents(pulled))).toEqual([]);
    await proxy.close();
  });

  it('MNT-05, CL-RC-01: mounts blobs without knowing from where', async () => {
    const proxy = await startProxy(() => registry.url);
    await know(home, proxy.host);
    await home.run(login(proxy.host), { input: registry.password });
    const { dir, digest } = randomImage(home.path('anonymous'), 'regctl anonymous', [200_000]);
    await wire.push(dir, 'regctl/somewhere', 'v1');
    await home.run(regctl('image', 'copy', `ocidir://${dir}:v1`, `${proxy.host}/regctl/elsewhere:v1`));

    const posts = proxy.requests.filter(
      ({ method, path, status }) => method === 'POST' && /\/uploads\/.*mount=/.test(path) && status !== 401,
    );
    expect(posts.map(({ path, status }) => [path.includes('from='), status])).toEqual(Array(2).fill([false, 201]));
    expect(differences(await layoutContents(dir), await wire.contents('regctl/elsewhere', digest))).toEqual([]);
    await proxy.close();
  });

  it('NAME-07, CL-RC-01: makes an image whose every digest is a sha512, and pushes and pulls it', async () => {
    await wire.push(image.dir, 'regctl/sha512', 'v1');
    await home.run(regctl('image', 'mod', '--create', at('sha512:v2'), '--digest-algo', 'sha512', at('sha512:v1')));
    const contents = await wire.contents('regctl/sha512', 'v2');
    expect([...contents.keys()]).toEqual(Array(4).fill(expect.stringMatching(/^sha512:[0-9a-f]{128}$/)));

    const pulled = home.path('sha512');
    await home.run(regctl('image', 'copy', at('sha512:v2'), `ocidir://${pulled}:v1`));
    await home.run(regctl('image', 'copy', `ocidir://${pulled}:v1`, at('sha512-copy:v1')));
    expect(differences(contents, await layoutContents(pulled))).toEqual([]);
    expect(differences(contents, await wire.contents('regctl/sha512-copy', 'v1'))).toEqual([]);
  });

  it.each([
    {
      what: 'zstd layers',
      flags: ['--layer-compress', 'zstd'],
      start: '28b52ffd',
      layer: 'application/vnd.oci.image.layer.v1.tar+zstd',
    },
    {
      what: "Docker's types",
      flags: ['--to-docker'],
      start: '1f8b',
      layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
    },
  ])('makes an image with $what of one in the registry', async ({ flags, start, layer }) => {
    await wire.push(image.dir, 'regctl/mod', 'v1');
    await home.run(regctl('image', 'mod', '--create', at('mod:v2'), ...flags, at('mod:v1')));
    const { layers } = JSON.parse((await wire.manifest('regctl/mod', 'v2')).bytes.toString());
    expect(layers.map(({ mediaType }: Descriptor) => mediaType)).toEqual([layer, layer]);
    const contents = await wire.contents('regctl/mod', 'v2');
    const starts = layers.map(({ digest }: Descriptor) => contents.get(digest)!.toString('hex', 0, start.length / 2));
    expect(starts).toEqual([start, start]);
  });

  it('CL-RC-01: puts artifacts about an image, and lists, filters, shows and gets them', async () => {
    const [sbom, note] = [seededBytes(5_000, 'regctl sbom'), Buffer.from('a note')];
    await wire.push(image.dir, 'regctl/about', 'v1');
    const put = (type: string) => ['--artifact-type', type, '--format', '{{.Manifest.GetDescriptor.Digest}}'];
    const about = async (type: string, subject: string, input: Buffer) =>
      (await home.run(regctl('artifact', 'put', ...put(type), '--subject', subject), { input })).stdout.trim();
    const first = await about('application/x-sbom', at('about:v1'), sbom);
    const second = await about('application/x-note', at(`about@${first}`), note);

    const list = async (...flags: string[]) =>
      (await home.run(regctl('artifact', 'list', ...flags, at('about:v1')))).stdout;
    expect(await list()).toContain(first);
    expect(await list('--filter-artifact-type', 'application/x-sbom')).toContain(first);
    expect(await list('--filter-artifact-type', 'application/x-other')).not.toContain(first);
    const tree = (await home.run(regctl('artifact', 'tree', at('about:v1')))).stdout;
    expect(tree).toMatch(
      new RegExp(`${image.digest}[^]*${first}: application/x-sbom[^]*${second}: application/x-note`),
    );
    const closure = await wire.closure('regctl/about', 'v1');
    for (const bytes of [sbom, note]) expect(closure.get(digestOf(bytes))).toEqual(bytes);
    const got = await home.run(regctl('artifact', 'get', '--subject', at(`about@${first}`)));
    expect(got.stdout).toBe('a note');
    await about('application/x-other', at('about:v1'), Buffer.from('another'));
    const filter = ['--filter-artifact-type', 'application/x-other'];
    const other = await home.run(regctl('artifact', 'get', ...filter, '--subject', at('about:v1')));
    expect([other.stdout, other.stderr]).toEqual(['another', expect.not.stringContaining('multiple')]);
    expect(await wire.tags('regctl/about')).toEqual(['v1']);
  });

  it('copies an image with what refers to it', async () => {
    const sbom = artifactImage(home.path('copied-sbom'), 'regctl sbom', topOf(image.dir));
    await wire.push(image.dir, 'regctl/referred', 'v1');
    await wire.push(sbom.dir, 'regctl/referred', sbom.digest);
    await home.run(regctl('image', 'copy', '--referrers', at('referred:v1'), at('referred-copy:v1')));
    const copied = await wire.closure('regctl/referred-copy', 'v1');
    expect(copied.has(sbom.digest)).toBe(true);
    expect(differences(await wire.closure('regctl/referred', 'v1'), copied)).toEqual([]);
  });

  it('exports an image to a tar archive and imports it', async () => {
    await wire.push(image.dir, 'regctl/export', 'v1');
    await home.run(regctl('image', 'export', at('export:v1'), home.path('export.tar')));
    await home.run(regctl('image', 'import', at('import:v1'), home.path('export.tar')));
    expect(differences(await layoutContents(image.dir), await wire.contents('regctl/import', 'v1'))).toEqual([]);
  });

  it('pushes an artifact of unknown length from a pipe', async () => {
    const bytes = seededBytes(5_000_000, 'regctl pipe');
    const put = regctl('artifact', 'put', '--artifact-type', 'application/vnd.example.pipe', at('pipe:v1'));
    await home.run(put, { input: bytes });
    expect([...(await wire.contents('regctl/pipe', 'v1')).keys()]).toContain(digestOf(bytes));
  });

  it('copies from one repository to another by mounting the blobs', async () => {
    const proxy = await startProxy(() => registry.url);
    await know(home, proxy.host);
    await home.run(login(proxy.host), { input: registry.password });
    await wire.push(image.dir, 'regctl/source', 'v1');
    const [source, target] = ['source', 'target'].map((name) => `${proxy.host}/regctl/${name}:v1`);
    await home.run(regctl('image', 'copy', source!, target!));

    const mounts = proxy.requests.filter(({ path, status }) => path.includes('mount=sha256') && status !== 401);
    expect(mounts.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(differences(await layoutContents(image.dir), await wire.contents('regctl/target', 'v1'))).toEqual([]);
    await proxy.close();
  });

  it('copies an image with the tags that are made of its digest', async () => {
    const beside = `${image.digest.replace(':', '-')}.sig`;
    await wire.push(image.dir, 'regctl/signed', 'v1');
    await wire.push(artifactImage(home.path('beside'), 'regctl beside').dir, 'regctl/signed', beside);
    await home.run(regctl('image', 'copy', '--digest-tags', at('signed:v1'), at('signed-copy:v1')));
    expect(await wire.tags('regctl/signed-copy')).toEqual([beside, 'v1']);
    const signatures = ['signed', 'signed-copy'].map((name) => wire.contents(`regctl/${name}`, beside));
    expect(differences(await signatures[0]!, await signatures[1]!)).toEqual([]);
  });

  it('asks for the digest of an image, and for a manifest and a blob without their bytes', async () => {
    await wire.push(image.dir, 'regctl/head', 'v1');
    const layer = [...(await layoutContents(image.dir)).keys()].at(-1)!;
    const said = async (...args: string[]) => (await home.run(regctl(...args))).stdout.trim();
    expect(await said('image', 'digest', at('head:v1'))).toBe(image.digest);
    expect(await said('manifest', 'head', at('head:v1'))).toBe(image.digest);
    expect(await said('blob', 'head', at('head'), layer)).toMatch(/^Content-Length: \d+$/im);
  });

  it('lists tags and repositories, whole and by pages', async () => {
    for (const tag of ['v1', 'v2', 'v3', 'v4']) await wire.push(image.dir, 'regctl/tags', tag);
    const list = async (...args: string[]) => (await home.run(regctl(...args))).stdout.trim().split('\n');
    expect(await list('tag', 'ls', at('tags'))).toEqual(['v1', 'v2', 'v3', 'v4']);
    expect(await list('tag', 'ls', '--limit', '2', at('tags'))).toEqual(['v1', 'v2']);
    expect(await list('tag', 'ls', '--limit', '2', '--last', 'v2', at('tags'))).toEqual(['v3', 'v4']);
    expect(await list('repo', 'ls', registry.host)).toContain('regctl/tags');
    expect(await list('repo', 'ls', '--limit', '1', '--last', 'regctl/tagr', registry.host)).toEqual(['regctl/tags']);
  });

  it('deletes a tag by itself, not by pushing something else to it', async () => {
    const proxy = await startProxy(() => registry.url);
    await know(home, proxy.host);
    await home.run(login(proxy.host), { input: registry.password });
    for (const tag of ['v1', 'v2']) await wire.push(image.dir, 'regctl/untag', tag);
    await home.run(regctl('tag', 'delete', `${proxy.host}/regctl/untag:v1`));

    expect(proxy.requests.filter(({ method }) => method === 'PUT')).toEqual([]);
    expect(await wire.manifestStatus('regctl/untag', 'v1')).toBe(404);
    expect(await wire.manifestStatus('regctl/untag', 'v2')).toBe(200);
    await proxy.close();
  });

  it('deletes a manifest by digest, and then a blob', async () => {
    await wire.push(image.dir, 'regctl/delete', 'v1');
    const layer = [...(await layoutContents(image.dir)).keys()].at(-1)!;
    await home.run(regctl('manifest', 'delete', at(`delete@${image.digest}`)));
    await home.run(regctl('blob', 'delete', at('delete'), layer));
    expect(await wire.manifestStatus('regctl/delete', 'v1')).toBe(404);
    expect((await wire.request(`/v2/regctl/delete/blobs/${layer}`, { method: 'HEAD' })).status).toBe(404);
  });

  it('deletes the manifest behind a tag, and with it its other tags', async () => {
    for (const tag of ['v1', 'v2']) await wire.push(image.dir, 'regctl/behind', tag);
    await home.run(regctl('manifest', 'delete', '--force-tag-dereference', at('behind:v1')));
    for (const reference of ['v1', 'v2', image.digest])
      expect(await wire.manifestStatus('regctl/behind', reference)).toBe(404);
  });

  it('is refused a pull and a push without credentials', async () => {
    await wire.push(image.dir, 'regctl/private', 'v1');
    await stranger.refused(regctl('image', 'copy', at('private:v1'), `ocidir://${stranger.path('pulled')}:v1`));
    await stranger.refused(regctl('image', 'copy', `ocidir://${image.dir}:v1`, at('private:v2')));
    expect(await wire.manifestStatus('regctl/private', 'v2')).toBe(404);
  });
});
