import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { digestOf } from '../support/digest.js';
import { randomImage, runnableImage, type TestImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { startProxy } from '../support/proxy.js';
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

  it('is refused a pull and a push without credentials', async () => {
    await wire.push(image.dir, 'regctl/private', 'v1');
    await stranger.refused(regctl('image', 'copy', at('private:v1'), `ocidir://${stranger.path('pulled')}:v1`));
    await stranger.refused(regctl('image', 'copy', `ocidir://${image.dir}:v1`, at('private:v2')));
    expect(await wire.manifestStatus('regctl/private', 'v2')).toBe(404);
  });
});
