import { readFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { type Containerd, startContainerd } from '../support/containerd.js';
import { collect, differences, layoutContents } from '../support/contents.js';
import { randomImage, runnableImage, type TestImage } from '../support/images.js';
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

  /** What containerd holds below a layout's top, read back from its content store. */
  const stored = (dir: string) =>
    collect(topOf(dir), async ({ digest }) => {
      const file = home.path('blob');
      await home.run(['sh', '-c', 'exec "$@" >"$HOME/blob"', 'sh', ...ctr('content', 'get', digest)]);
      return readFileSync(file);
    });

  it.each(SAMPLES)('pulls and pushes $what, bit for bit', async (sample) => {
    const { dir, digest } = sample.make(home.path(sample.name), `ctr ${sample.name}`);
    const [from, to] = [`pull/${sample.name}`, `push/${sample.name}`];
    await wire.push(dir, `ctr/${from}`, 'v1');
    await home.run(ctr('content', 'fetch', ...asAdmin(), '--all-platforms', at(`${from}:v1`)));
    await home.run(ctr('images', 'tag', at(`${from}:v1`), at(`${to}:v1`)));
    await home.run(ctr('images', 'push', ...asAdmin(), at(`${to}:v1`)));

    const original = await layoutContents(dir);
    expect(differences(original, await stored(dir))).toEqual([]);
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
    const run = ctr(
      'run',
      '--rm',
      '--snapshotter',
      'native',
      at('run:v1'),
      'lading',
      '/bin/busybox',
      'cat',
      '/etc/seed',
    );
    expect((await home.run(run)).stdout).toBe('ctr');
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
