import { mkdirSync, writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { type Containerd, startContainerd } from '../support/containerd.js';
import { differences, layoutContents } from '../support/contents.js';
import { artifactImage, randomImage, runnableImage, type TestImage, zstdImage } from '../support/images.js';
import { topOf } from '../support/oci-layout.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';
import { SAMPLES } from './samples.js';

describe("containerd's ctr", () => {
  let home: ClientHome;
  let image: TestImage;
  let daemon: Containerd;
  let registry: Registry;
  let wire: Wire;

  const at = (name: string) => `${registry.host}/ctr/${name}`;
  const asAdmin = () => ['--plain-http', '--user', `${registry.user}:${registry.password}`];
  const ctr = (...args: string[]) => daemon.ctr(...args);

  beforeAll(async () => {
    daemon = await startContainerd();
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome();
    image = runnableImage(home.path('layout'), 'ctr');
  });

  afterAll(async () => {
    await registry?.stop();
    await daemon?.stop();
    ClientHome.removeAll();
  });

  /** What a container of this image has in `/etc/seed`. */
  const runs = async (reference: string, id: string) => {
    const words = ['--rm', '--snapshotter', 'native', reference, id, '/bin/busybox', 'cat', '/etc/seed'];
    return (await home.run(ctr('run', ...words))).stdout;
  };

  it.each(SAMPLES)('pulls and pushes $what, bit for bit', async (sample) => {
    const { dir, digest } = sample.make(home.path(sample.name), `ctr ${sample.name}`);
    const [from, to] = [`pull/${sample.name}`, `push/${sample.name}`];
    await wire.push(dir, `ctr/${from}`, 'v1');
    await home.run(ctr('content', 'fetch', ...asAdmin(), '--all-platforms', at(`${from}:v1`)));
    await home.run(ctr('images', 'tag', at(`${from}:v1`), at(`${to}:v1`)));
    await home.run(ctr('images', 'push', ...asAdmin(), at(`${to}:v1`)));

    const original = await layoutContents(dir);
    expect(differences(original, await daemon.stored(dir))).toEqual([]);
    expect(differences(original, await wire.contents(`ctr/${to}`, digest))).toEqual([]);
  });

  it('pushes an image that came from a file', async () => {
    const { dir, digest } = randomImage(home.path('imported'), 'ctr imported', [3e6, 1e6]);
    const archive = home.path('imported.tar');
    await home.run(['tar', '-C', dir, '-cf', archive, '.']);
    await home.run(ctr('images', 'import', '--base-name', at('imported'), '--no-unpack', archive));
    await home.run(ctr('images', 'push', ...asAdmin(), at('imported:v1')));
    expect(differences(await layoutContents(dir), await wire.contents('ctr/imported', digest))).toEqual([]);
  });

  it('pulls an image and runs a container from it', async () => {
    await wire.push(image.dir, 'ctr/run', 'v1');
    await home.run(ctr('images', 'pull', ...asAdmin(), '--snapshotter', 'native', at('run:v1')));
    expect(await runs(at('run:v1'), 'run')).toBe('ctr');
  });

  it('copies to another repository by mounting the blobs', async () => {
    const proxy = await startProxy(() => registry.url);
    const { dir, digest } = randomImage(home.path('mounted'), 'ctr mounted', [300_000]);
    await wire.push(dir, 'ctr/source', 'v1');
    const [source, target] = ['source', 'target'].map((name) => `${proxy.host}/ctr/${name}:v1`);
    await home.run(ctr('content', 'fetch', ...asAdmin(), source!));
    await home.run(ctr('images', 'tag', source!, target!));
    await home.run(ctr('images', 'push', ...asAdmin(), target!));

    const mounts = proxy.requests.filter(({ path, status }) => path.includes('from=ctr/source') && status !== 401);
    expect(mounts.map(({ status }) => status)).toEqual([201, 201]);
    expect(differences(await layoutContents(dir), await wire.contents('ctr/target', digest))).toEqual([]);
    await proxy.close();
  });

  it('CL-CTD-02: uploads what it cannot mount with one PUT, where the source is gone or never was', async () => {
    const proxy = await startProxy(() => registry.url);
    const { dir, digest } = randomImage(home.path('unmounted'), 'ctr unmounted', [300_000]);
    const [, config, layer] = [...(await layoutContents(dir)).keys()];
    await wire.push(dir, 'ctr/vanished', 'v1');
    const [source, target] = ['vanished', 'uploaded'].map((name) => `${proxy.host}/ctr/${name}:v1`);
    await home.run(ctr('content', 'fetch', ...asAdmin(), source!));
    await home.run(ctr('images', 'tag', source!, target!));
    // It names a host without its port: what came from another registry on this host is asked for here, too.
    await home.run(ctr('content', 'label', config!, `containerd.io/distribution.source.127.0.0.1=nobody/there`));
    for (const path of [`manifests/${digest}`, `blobs/${config}`, `blobs/${layer}`])
      expect((await wire.request(`/v2/ctr/vanished/${path}`, { method: 'DELETE' })).status).toBe(202);
    await home.run(ctr('images', 'push', ...asAdmin(), target!));

    const uploads = proxy.requests.filter(({ path, status }) => path.includes('/blobs/uploads/') && status !== 401);
    const steps = uploads.map(({ method, path, status }) => [method, /from=[^&]*/.exec(path)?.[0], status]);
    expect(steps.sort()).toEqual([
      ['POST', 'from=ctr/vanished', 202],
      ['POST', 'from=nobody/there', 202],
      ['PUT', undefined, 201],
      ['PUT', undefined, 201],
    ]);
    expect(differences(await layoutContents(dir), await wire.contents('ctr/uploaded', digest))).toEqual([]);
    await proxy.close();
  });

  it('pulls zstd layers and runs a container from them', async () => {
    const { dir } = zstdImage(home.path('zstd'), 'ctr zstd');
    await wire.push(dir, 'ctr/zstd', 'v1');
    await home.run(ctr('images', 'pull', ...asAdmin(), '--snapshotter', 'native', at('zstd:v1')));
    expect(await runs(at('zstd:v1'), 'zstd')).toBe('ctr zstd');
  });

  it('fetches an artifact with a subject and pushes it, and the registry lists it as a referrer', async () => {
    const { mediaType, digest, size } = topOf(image.dir);
    const { dir } = artifactImage(home.path('about'), 'ctr about', { mediaType, digest, size });
    await wire.push(dir, 'ctr/about', 'v1');
    await home.run(ctr('content', 'fetch', ...asAdmin(), at('about:v1')));
    await home.run(ctr('images', 'tag', at('about:v1'), at('about-copy:v1')));
    await home.run(ctr('images', 'push', ...asAdmin(), at('about-copy:v1')));

    expect(differences(await layoutContents(dir), await daemon.stored(dir))).toEqual([]);
    const answer = await wire.request(`/v2/ctr/about-copy/referrers/${digest}`);
    const { manifests } = (await answer.json()) as { manifests: { digest: string }[] };
    expect(manifests.map((referrer) => referrer.digest)).toEqual([topOf(dir).digest]);
  });

  it('CL-CTD-08: pulls from a mirror under the name of another registry, and from that one what the mirror has not', async () => {
    const [mirror, origin] = [await startProxy(() => registry.url), await startProxy(() => registry.url)];
    const hosts = home.path('hosts');
    mkdirSync(`${hosts}/registry.example`, { recursive: true });
    writeFileSync(
      `${hosts}/registry.example/hosts.toml`,
      `server = "${origin.url}"\n[host."${mirror.url}/v2/mirror"]\ncapabilities = ["pull", "resolve"]\noverride_path = true\n`,
    );
    await wire.push(runnableImage(home.path('app'), 'ctr mirrored').dir, 'mirror/ctr/app', 'v1');
    await wire.push(randomImage(home.path('more'), 'ctr more', [1_000]).dir, 'ctr/more', 'v1');
    const pull = (name: string) => {
      const from = ['--hosts-dir', hosts, '--user', `${registry.user}:${registry.password}`];
      return home.run(ctr('images', 'pull', ...from, '--snapshotter', 'native', `registry.example/ctr/${name}:v1`));
    };
    await pull('app');
    expect(origin.requests).toEqual([]);
    await pull('more');

    const asked = ({ requests }: typeof mirror) =>
      requests.filter(({ path, status }) => path.startsWith('/v2/') && status !== 401);
    for (const { path } of [...asked(mirror), ...asked(origin)]) expect(path).toMatch(/\?ns=registry\.example$/);
    const answers = (proxy: typeof mirror) => asked(proxy).map(({ method, status }) => `${method} ${status}`);
    const found = ['HEAD 200', ...Array(4).fill('GET 200')];
    const notFound = ['HEAD 404', ...Array(3).fill('GET 404')]; // It asks the mirror first for each piece.
    expect(answers(mirror)).toEqual([...found, ...notFound]);
    expect(answers(origin)).toEqual(['HEAD 200', 'GET 200', 'GET 200', 'GET 200']);
    expect(await runs('registry.example/ctr/app:v1', 'mirrored')).toBe('ctr mirrored');
    for (const proxy of [mirror, origin]) await proxy.close();
  });

  it('is refused a pull and a push with a wrong password and without one', async () => {
    await wire.push(image.dir, 'ctr/private', 'v1');
    await home.run(ctr('content', 'fetch', ...asAdmin(), at('private:v1')));
    await home.run(ctr('images', 'tag', at('private:v1'), at('private:v2')));
    for (const who of [['--plain-http'], ['--plain-http', '--user', `${registry.user}:${registry.password}x`]]) {
      await home.refused(ctr('images', 'pull', ...who, at('private:v1')));
      await home.refused(ctr('images', 'push', ...who, at('private:v2')));
    }
    expect(await wire.manifestStatus('ctr/private', 'v2')).toBe(404);
  });
});
