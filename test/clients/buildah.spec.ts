import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { ContainersHome } from '../support/containers-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { digestOf } from '../support/digest.js';
import { busyboxTar, multiArchImage, runnableImage, type TestImage } from '../support/images.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';

const OCI = 'application/vnd.oci.image';
const DOCKER = 'application/vnd.docker.distribution.manifest';
const FORMATS = [
  { format: 'oci', image: `${OCI}.manifest.v1+json`, list: `${OCI}.index.v1+json` },
  { format: 'v2s2', image: `${DOCKER}.v2+json`, list: `${DOCKER}.list.v2+json` },
];

describe('buildah', () => {
  let base: TestImage;
  let home: ContainersHome;
  let other: ContainersHome;
  let stranger: ContainersHome;
  let registry: Registry;
  let wire: Wire;

  const at = (name: string) => `${registry.host}/buildah/${name}`;
  const login = (who: ContainersHome, host: string, password = registry.password) =>
    [
      who.command('buildah', 'login', '--tls-verify=false', '-u', registry.user, '--password-stdin', host),
      { input: password },
    ] as const;

  /** Runs buildah and returns what it printed, which is often the id of what it made. */
  const buildah = async (who: ContainersHome, ...args: string[]) =>
    (await who.run(who.command('buildah', ...args))).stdout.trim();

  /** Pushes, and returns the digest that buildah says it has pushed. */
  const push = async (who: ContainersHome, words: string[], ...references: string[]) => {
    await buildah(who, ...words, '--digestfile', who.path('digest'), ...references);
    return readFileSync(who.path('digest'), 'utf8');
  };

  /** Makes an image of one layer, from scratch, in one home alone. Returns its id, the digest of its config. */
  const make = async (who: ContainersHome, reference: string) => {
    const container = await buildah(who, 'from', 'scratch');
    writeFileSync(who.path('rootfs.tar'), busyboxTar(reference));
    await buildah(who, 'add', '--quiet', container, who.path('rootfs.tar'), '/');
    await buildah(who, 'config', '--entrypoint', '["/bin/busybox"]', container);
    const id = await buildah(who, 'commit', '--quiet', '--rm', container, reference);
    return `sha256:${id}`;
  };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    [home, other, stranger] = [1, 2, 3].map(() => new ContainersHome(registry.host)) as [
      typeof home,
      typeof home,
      typeof home,
    ];
    for (const who of [home, other]) await who.run(...login(who, registry.host));
    base = runnableImage(home.path('base'), 'buildah base');
    await wire.push(base.dir, 'buildah/base', 'v1');
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('logs in with the right password and not with a wrong one', async () => {
    const someone = new ContainersHome(registry.host);
    await someone.refused(...login(someone, registry.host, `${registry.password}x`));
    await someone.run(...login(someone, registry.host));
    expect(await buildah(someone, 'login', '--get-login', registry.host)).toBe(registry.user);
  });

  it('pushes an image made from scratch; its annotations without a value are kept byte for byte', async () => {
    const id = await make(home, at('scratch:v1'));
    const digest = await push(home, ['push'], at('scratch:v1'));

    const { bytes } = await wire.manifest('buildah/scratch', 'v1');
    expect(digestOf(bytes)).toBe(digest);
    const { annotations, config } = JSON.parse(bytes.toString());
    expect(Object.entries(annotations)).toEqual([
      ['org.opencontainers.image.base.digest', ''],
      ['org.opencontainers.image.base.name', ''],
    ]);
    expect(config.digest).toBe(id);
    expect([...(await wire.contents('buildah/scratch', 'v1')).keys()]).toEqual([digest, id, expect.any(String)]);
    expect(await buildah(other, 'pull', '--quiet', at(`scratch@${digest}`))).toBe(id.slice('sha256:'.length));
  });

  it.each(FORMATS)('builds on an image of the registry and pushes the result as $format', async ({ format, image }) => {
    const name = `built-${format}`;
    const context = home.path(name);
    mkdirSync(context);
    writeFileSync(
      `${context}/Containerfile`,
      `FROM ${at('base:v1')}\nRUN ["/bin/busybox", "sh", "-c", "echo ${format} >/etc/built"]\n`,
    );
    const id = await buildah(home, 'bud', '--quiet', '--isolation', 'chroot', '-t', at(`${name}:v1`), context);
    const digest = await push(home, ['push', '--format', format], at(`${name}:v1`));

    expect((await wire.manifest(`buildah/${name}`, 'v1')).mediaType).toBe(image);
    expect([...(await wire.contents(`buildah/${name}`, 'v1')).keys()].slice(0, 2)).toEqual([digest, `sha256:${id}`]);
    const container = await buildah(other, 'from', '--quiet', at(`${name}:v1`));
    expect(await buildah(other, 'run', '--isolation', 'chroot', container, '/bin/cat', '/etc/built')).toBe(format);
    await buildah(other, 'rm', container);
  });

  it.each(FORMATS)(
    'makes a list of platforms it built and pulled, and pushes it as $format',
    async ({ format, image, list }) => {
      const name = `list-${format}`;
      const context = home.path(name);
      const multi = multiArchImage(home.path(`multi-${format}`), `buildah ${format}`);
      await wire.push(multi.dir, `buildah/${name}`, 'multi');
      mkdirSync(context);
      writeFileSync(`${context}/Containerfile`, 'FROM scratch\nCOPY Containerfile /\n');
      await buildah(home, 'bud', '--quiet', '--platform', 'linux/amd64,linux/ppc64le', '--manifest', name, context);
      const [http, target] = ['--tls-verify=false', `docker://${at(`${name}:v1`)}`];
      await buildah(home, 'manifest', 'add', http, '--all', name, `docker://${at(`${name}:multi`)}`);
      const digest = await push(home, ['manifest', 'push', http, '--all', '--format', format], name, target);

      const { mediaType, bytes } = await wire.manifest(`buildah/${name}`, 'v1');
      expect([mediaType, digestOf(bytes)]).toEqual([list, digest]);
      const children = JSON.parse(bytes.toString()).manifests as {
        mediaType: string;
        platform: { architecture: string };
      }[];
      const architectures = children.map(({ platform }) => platform.architecture);
      expect(architectures.sort()).toEqual(['amd64', 'amd64', 'arm64', 'ppc64le', 's390x']);
      expect(children.map((child) => child.mediaType)).toEqual(Array(5).fill(image));
      const contents = await wire.contents(`buildah/${name}`, 'v1');
      const kept = [...(await layoutContents(multi.dir)).keys()].filter((blob) => contents.has(blob));
      // Three configs and four layers stay what they are; as OCI the three manifests do, too.
      expect(kept.length).toBe(format === 'oci' ? 10 : 7);
    },
  );

  it('CL-CI-02: pushes a layer as it compresses it, and to another repository by mounting it', async () => {
    const proxy = await startProxy(() => registry.url);
    const through = new ContainersHome(proxy.host);
    await through.run(...login(through, proxy.host));
    const [first, second] = ['first', 'second'].map((name) => `${proxy.host}/buildah/${name}:v1`);
    await make(through, first!);
    await push(through, ['push'], first!);
    const patches = proxy.requests.filter(({ method }) => method === 'PATCH');
    // It compresses the layer while it sends it and does not know its size; the config's it knows.
    expect(patches.map(({ headers }) => headers['transfer-encoding']).sort()).toEqual(['chunked', undefined]);
    const before = proxy.requests.length;
    const digest = await push(through, ['push'], first!, `docker://${second}`);

    const mounts = proxy.requests.slice(before).filter(({ path }) => path.includes('mount=sha256'));
    expect(mounts.map(({ status }) => status)).toEqual([201]);
    const contents = await wire.contents('buildah/second', digest);
    expect(differences(await wire.contents('buildah/first', 'v1'), contents)).toEqual([]);
    await proxy.close();
  });

  it('is refused a pull and a push without credentials', async () => {
    await make(stranger, at('private:v1'));
    await stranger.refused(stranger.command('buildah', 'push', at('private:v1')));
    await stranger.refused(stranger.command('buildah', 'pull', '--policy', 'always', at('base:v1')));
    expect(await wire.manifestStatus('buildah/private', 'v1')).toBe(404);
  });
});
