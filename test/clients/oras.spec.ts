import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { digestOf } from '../support/digest.js';
import { randomImage, runnableImage, type TestImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { run } from '../support/run.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { Wire } from '../support/wire.js';
import { SAMPLES } from './samples.js';

const INDEX = 'application/vnd.oci.image.index.v1+json';

describe('oras', () => {
  let home: ClientHome;
  let stranger: ClientHome;
  let image: TestImage;
  let registry: Registry;
  let wire: Wire;

  const oras = (...args: string[]) => [tool('oras'), ...args];
  const login = (host = registry.host) => oras('login', '--plain-http', '-u', registry.user, '--password-stdin', host);
  const at = (name: string) => `${registry.host}/oras/${name}`;

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome();
    stranger = new ClientHome();
    image = runnableImage(home.path('layout'), 'oras');
    await home.run(login(), { input: registry.password });
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('logs in with the right password and not with a wrong one', async () => {
    const someone = new ClientHome();
    await someone.refused(login(), { input: `${registry.password}x` });
    await someone.run(login(), { input: registry.password });
  });

  it.each(SAMPLES)('pushes and pulls $what, bit for bit', async (sample) => {
    const { dir, digest } = sample.make(home.path(sample.name), `oras ${sample.name}`);
    const name = `push/${sample.name}`;
    const pulled = home.path(`pulled-${sample.name}`);
    await home.run(oras('copy', '--from-oci-layout', '--to-plain-http', `${dir}:v1`, at(`${name}:v1`)));
    await home.run(oras('copy', '--from-plain-http', '--to-oci-layout', at(`${name}:v1`), `${pulled}:v1`));

    const pushed = await layoutContents(dir);
    expect(differences(pushed, await wire.contents(`oras/${name}`, digest))).toEqual([]);
    expect(differences(pushed, await layoutContents(pulled))).toEqual([]);
  });

  it('pushes files as an artifact and pulls them again', async () => {
    const [there, back] = [home.path('files'), home.path('files-pulled')];
    const files = { 'one.bin': seededBytes(70_000, 'oras one'), 'empty.txt': Buffer.alloc(0) };
    mkdirSync(there);
    for (const [file, data] of Object.entries(files)) writeFileSync(join(there, file), data);
    const parts = ['one.bin:application/octet-stream', 'empty.txt:text/plain'];
    const push = oras('push', '--plain-http', at('files:v1'), '--artifact-type', 'application/vnd.example.files');
    await home.run([...push, ...parts], { cwd: there });
    await home.run(oras('pull', '--plain-http', '-o', back, at('files:v1')));
    for (const [file, data] of Object.entries(files)) expect(readFileSync(join(back, file)).equals(data)).toBe(true);
  });

  it('copies from one repository to another by mounting the blobs', async () => {
    const proxy = await startProxy(() => registry.url);
    await home.run(login(proxy.host), { input: registry.password });
    await wire.push(image.dir, 'oras/source', 'v1');
    const [source, target] = ['source', 'target'].map((name) => `${proxy.host}/oras/${name}:v1`);
    await home.run(oras('copy', '--from-plain-http', '--to-plain-http', source!, target!));

    const mounts = proxy.requests.filter(({ path, status }) => path.includes('mount=sha256') && status !== 401);
    expect(mounts.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(differences(await layoutContents(image.dir), await wire.contents('oras/target', 'v1'))).toEqual([]);
    await proxy.close();
  });

  it('CL-OR-01: opens an upload and sends a blob in one PUT, with the digest added to the location', async () => {
    const proxy = await startProxy(() => registry.url);
    await home.run(login(proxy.host), { input: registry.password });
    const { dir, digest } = randomImage(home.path('one-put'), 'oras one PUT', [3e6]);
    const target = `${proxy.host}/oras/one-put:v1`;
    await home.run(oras('copy', '--from-oci-layout', '--to-plain-http', `${dir}:v1`, target));

    const uploads = proxy.requests.filter(({ path, status }) => path.includes('/uploads/') && status !== 401);
    expect(uploads.map(({ method, status }) => `${method} ${status}`).sort()).toEqual([
      'POST 202',
      'POST 202',
      'PUT 201',
      'PUT 201',
    ]);
    expect(differences(await layoutContents(dir), await wire.contents('oras/one-put', digest))).toEqual([]);
    await proxy.close();
  });

  it('CL-OR-07: pushes, describes, fetches and deletes a blob, from a file and from a pipe', async () => {
    const bytes = seededBytes(300_000, 'oras blob');
    const blob = `blobs@${digestOf(bytes)}`;
    const [file, fetched] = [home.path('blob'), home.path('blob-fetched')];
    writeFileSync(file, bytes);
    await home.run(oras('blob', 'push', '--plain-http', at('blobs'), file));
    const { stdout } = await home.run(oras('blob', 'fetch', '--plain-http', '--descriptor', at(blob)));
    expect(JSON.parse(stdout)).toMatchObject({ digest: digestOf(bytes), size: bytes.length });
    await home.run(oras('blob', 'fetch', '--plain-http', '--output', fetched, at(blob)));
    expect(readFileSync(fetched).equals(bytes)).toBe(true);

    await home.run(oras('blob', 'delete', '--plain-http', '-f', at(blob)));
    const gone = await run(oras('blob', 'fetch', '--plain-http', '--descriptor', at(blob)), { env: home.env });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('not found')]);
    const pipe = ['--size', `${bytes.length}`, at(blob), '-'];
    await home.run(oras('blob', 'push', '--plain-http', ...pipe), { input: bytes });
    await home.run(oras('blob', 'fetch', '--plain-http', '--descriptor', at(blob)));
  });

  it('CL-OR-02: pushes a manifest under several tags, and fetches it and its config', async () => {
    await wire.push(image.dir, 'oras/manifest', 'v1');
    const file = home.path('manifest.json');
    const { stdout } = await home.run(oras('manifest', 'fetch', '--plain-http', at('manifest:v1')));
    expect(stdout).toBe((await wire.manifest('oras/manifest', 'v1')).bytes.toString());
    writeFileSync(file, stdout);
    await home.run(oras('manifest', 'push', '--plain-http', at('manifest:a,b,c'), file));
    for (const tag of ['a', 'b', 'c']) expect((await wire.contents('oras/manifest', tag)).has(image.digest)).toBe(true);
    const config = await home.run(oras('manifest', 'fetch-config', '--plain-http', at('manifest:a')));
    expect([...(await layoutContents(image.dir)).keys()]).toContain(digestOf(Buffer.from(config.stdout)));
  });

  it('makes an index of manifests that are there, and changes it', async () => {
    const other = randomImage(home.path('indexed'), 'oras indexed', [1000]);
    await wire.push(image.dir, 'oras/index', 'v1');
    await wire.push(other.dir, 'oras/index', 'v2');
    const index = oras('manifest', 'index', 'create', '--plain-http', '--annotation', 'a=b', at('index:all'), 'v1');
    await home.run(index);
    const update = oras('manifest', 'index', 'update', '--plain-http', at('index:all'), '--add', 'v2', '--tag', 'both');
    await home.run(update);
    const { bytes } = await wire.manifest('oras/index', 'both');
    const { annotations, manifests } = JSON.parse(bytes.toString());
    expect(annotations).toEqual({ a: 'b' });
    expect(manifests.map(({ digest }: { digest: string }) => digest)).toEqual([image.digest, other.digest]);
  });

  it('deletes an image that an index names after the index, and not before', async () => {
    await wire.push(image.dir, 'oras/listed', 'v1');
    await home.run(oras('manifest', 'index', 'create', '--plain-http', at('listed:all'), 'v1'));
    const remove = (tag: string) => oras('manifest', 'delete', '--plain-http', '-f', at(`listed:${tag}`));
    const early = await run(remove('v1'), { env: home.env });
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('delete the index first')]);
    for (const tag of ['all', 'v1']) await home.run(remove(tag));
    expect(await wire.tags('oras/listed')).toEqual([]);
  });

  it('CAT-02, TAG-03: lists more repositories than a page holds, and tags and repositories after one', async () => {
    const names = Array.from({ length: 120 }, (_, at) => `oras-many/r${String(at).padStart(3, '0')}`);
    const body = JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests: [] });
    for (const name of names) {
      const path = `/v2/${name}/manifests/v1`;
      await wire.request(path, { method: 'PUT', headers: { 'content-type': INDEX }, body });
    }
    const proxy = await startProxy(() => registry.url);
    await home.run(login(proxy.host), { input: registry.password });
    const list = async (...args: string[]) => (await home.run(oras('repo', ...args))).stdout.trim().split('\n');
    const all = await list('ls', '--plain-http', proxy.host);
    expect(all.filter((name) => name.startsWith('oras-many/'))).toEqual(names);
    const pages = proxy.requests.filter(({ path, status }) => path.startsWith('/v2/_catalog') && status === 200);
    expect(pages.length).toBeGreaterThan(1);
    expect((await list('ls', '--plain-http', '--last', names[117]!, registry.host)).slice(0, 2)).toEqual(
      names.slice(118),
    );
    for (const tag of ['a', 'b', 'c']) await wire.push(image.dir, 'oras/after', tag);
    expect(await list('tags', '--plain-http', '--last', 'a', at('after'))).toEqual(['b', 'c']);
    await proxy.close();
  });

  it('tags, resolves, and lists tags and repositories', async () => {
    await wire.push(image.dir, 'oras/tags', 'v1');
    await home.run(oras('tag', '--plain-http', at('tags:v1'), 'v2', 'v3'));
    const resolved = await home.run(oras('resolve', '--plain-http', at('tags:v3')));
    const tags = await home.run(oras('repo', 'tags', '--plain-http', at('tags')));
    const repositories = await home.run(oras('repo', 'ls', '--plain-http', registry.host));
    expect(resolved.stdout.trim()).toBe(image.digest);
    expect(tags.stdout.trim().split('\n').sort()).toEqual(['v1', 'v2', 'v3']);
    expect(repositories.stdout.split('\n')).toContain('oras/tags');
  });

  it('deletes a manifest, and then a blob', async () => {
    await wire.push(image.dir, 'oras/delete', 'v1');
    const layer = [...(await layoutContents(image.dir)).keys()].at(-1)!;
    await home.run(oras('manifest', 'delete', '--plain-http', '-f', at('delete:v1')));
    await home.run(oras('blob', 'delete', '--plain-http', '-f', at(`delete@${layer}`)));
    expect(await wire.manifestStatus('oras/delete', 'v1')).toBe(404);
    expect(await wire.manifestStatus('oras/delete', image.digest)).toBe(404);
    expect((await wire.request(`/v2/oras/delete/blobs/${layer}`, { method: 'HEAD' })).status).toBe(404);
  });

  it('is refused a pull and a push without credentials', async () => {
    await wire.push(image.dir, 'oras/private', 'v1');
    await stranger.refused(oras('pull', '--plain-http', '-o', stranger.path('pulled'), at('private:v1')));
    await stranger.refused(oras('copy', '--from-oci-layout', '--to-plain-http', `${image.dir}:v1`, at('private:v2')));
    expect(await wire.manifestStatus('oras/private', 'v2')).toBe(404);
  });
});
