import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { ContainersHome } from '../support/containers-home.js';
import { digestOf } from '../support/digest.js';
import {
  artifactImage,
  busyboxTar,
  multiArchImage,
  randomImage,
  runnableImage,
  type TestImage,
  zstdImage,
} from '../support/images.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { Wire } from '../support/wire.js';

describe('podman', () => {
  let home: ContainersHome;
  let stranger: ContainersHome;
  let image: TestImage;
  let registry: Registry;
  let wire: Wire;

  const at = (name: string) => `${registry.host}/podman/${name}`;
  const login = (who: ContainersHome, host: string, password = registry.password) =>
    [who.command('podman', 'login', '-u', registry.user, '--password-stdin', host), { input: password }] as const;

  /** Runs podman and returns what it printed. */
  const podman = async (who: ContainersHome, ...args: string[]) =>
    (await who.run(who.command('podman', ...args))).stdout.trim();

  /** Where podman's idea of an image is: the digest of its config. It has checked every layer against that one. */
  const configOf = async (repository: string, reference: string): Promise<string> =>
    JSON.parse((await wire.manifest(repository, reference)).bytes.toString()).config.digest;
  const heldAs = async (who: ContainersHome, reference: string) =>
    `sha256:${await podman(who, 'image', 'inspect', '--format', '{{.Id}}', reference)}`;
  const digestsOf = async (who: ContainersHome, reference: string): Promise<string[]> =>
    JSON.parse(await podman(who, 'image', 'inspect', '--format', '{{json .RepoDigests}}', reference));

  const newHome = async (...hosts: string[]) => {
    const who = new ContainersHome(...hosts);
    for (const host of hosts) await who.run(...login(who, host));
    return who;
  };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = await newHome(registry.host);
    stranger = new ContainersHome(registry.host);
    image = runnableImage(home.path('layout'), 'podman');
    await wire.push(image.dir, 'podman/run', 'v1');
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('logs in with the right password and not with a wrong one, and is a stranger after logout', async () => {
    const someone = new ContainersHome(registry.host);
    await someone.refused(...login(someone, registry.host, `${registry.password}x`));
    await someone.run(...login(someone, registry.host));
    expect(await podman(someone, 'login', '--get-login', registry.host)).toBe(registry.user);
    await podman(someone, 'pull', '--quiet', at('run:v1'));
    await podman(someone, 'logout', registry.host);
    await someone.refused(someone.command('podman', 'pull', at('run:v1')));
  });

  it.each(['host', 'none'])('pulls an image and runs a container from it, with network %s', async (network) => {
    await podman(home, 'pull', '--quiet', at('run:v1'));
    expect(await podman(home, 'run', '--rm', '--network', network, at('run:v1'), 'cat', '/etc/seed')).toBe('podman');
    expect(await heldAs(home, at('run:v1'))).toBe(await configOf('podman/run', 'v1'));
  });

  it('pulls by digest', async () => {
    await podman(home, 'pull', '--quiet', at(`run@${image.digest}`));
    expect(await digestsOf(home, at(`run@${image.digest}`))).toContain(`${at('run')}@${image.digest}`);
  });

  it('pulls the platform it is asked for out of an index', async () => {
    const { dir, digest } = multiArchImage(home.path('multi'), 'podman multi');
    await wire.push(dir, 'podman/multi', 'v1');
    const { manifests } = JSON.parse((await wire.manifest('podman/multi', digest)).bytes.toString());
    const other = new ContainersHome(registry.host);
    await other.run(...login(other, registry.host));
    await podman(other, 'pull', '--quiet', '--platform', 'linux/arm64', at('multi:v1'));
    expect(await podman(other, 'image', 'inspect', '--format', '{{.Architecture}}', at('multi:v1'))).toBe('arm64');
    expect(await heldAs(other, at('multi:v1'))).toBe(await configOf('podman/multi', manifests[1].digest));
  });

  it('pulls zstd layers and runs a container from them', async () => {
    const { dir } = zstdImage(home.path('zstd'), 'podman zstd');
    await wire.push(dir, 'podman/zstd', 'v1');
    await podman(home, 'pull', '--quiet', at('zstd:v1'));
    expect(await podman(home, 'run', '--rm', '--network', 'none', at('zstd:v1'), 'cat', '/etc/seed')).toBe(
      'podman zstd',
    );
  });

  it('builds on an image of the registry, pushes the result, and another one pulls and runs it', async () => {
    const context = home.path('build');
    mkdirSync(context);
    writeFileSync(
      `${context}/Containerfile`,
      `FROM ${at('run:v1')}\nRUN ["/bin/busybox", "sh", "-c", "echo it was built >/etc/built"]\n`,
    );
    const id = await podman(home, 'build', '--quiet', '-t', at('built:v1'), context);
    await podman(home, 'push', '--quiet', '--digestfile', home.path('digest'), at('built:v1'));

    const pushed = [...(await wire.contents('podman/built', 'v1')).keys()];
    expect(pushed.slice(0, 2)).toEqual([readFileSync(home.path('digest'), 'utf8'), `sha256:${id}`]);
    const other = await newHome(registry.host);
    expect(await podman(other, 'run', '--quiet', '--rm', at('built:v1'), 'cat', '/etc/built')).toBe('it was built');
    expect(await heldAs(other, at('built:v1'))).toBe(`sha256:${id}`);
  });

  it('CL-CI-09: pushes zstd:chunked layers, and of one it knows in part it asks for the rest by ranges', async () => {
    const proxy = await startProxy(() => registry.url);
    const someone = await newHome(proxy.host);
    someone.pullPartially();
    const chunked = (tag: string) => `${proxy.host}/podman/chunked:${tag}`;
    const ranges = () =>
      proxy.requests.map(({ headers, status }) => [headers.range, status]).filter(([range]) => range);
    const contents = (tag: string) =>
      Array.from({ length: 9 }, (_, at) => seededBytes(50_000, at % 3 === 1 ? `${at} of ${tag}` : `${at}`));
    for (const tag of ['v1', 'v2']) {
      const context = home.path(`chunked-${tag}`);
      mkdirSync(context);
      writeFileSync(`${context}/Containerfile`, 'FROM scratch\nCOPY file-* /\n');
      for (const [at, bytes] of contents(tag).entries()) writeFileSync(`${context}/file-${at}`, bytes);
      await podman(home, 'build', '--quiet', '-t', at(`chunked:${tag}`), context);
      await podman(home, 'push', '--quiet', '--compression-format', 'zstd:chunked', at(`chunked:${tag}`));
      await podman(someone, 'pull', '--quiet', chunked(tag));
    }

    // Both times the table of contents, then what is missing: the second time three files that lie apart. A registry may
    // answer more than one range with the whole blob.
    const single = expect.stringMatching(/^bytes=\d+-\d+$/);
    const three = expect.stringMatching(/^bytes=\d+-\d+(,\d+-\d+){2}$/);
    expect(ranges().slice(2)).toEqual([
      [single, 206],
      [three, expect.any(Number)],
    ]);
    const mounted = ['cd "$(podman image mount "$0")" && sha256sum file-*', chunked('v2')];
    const { stdout } = await someone.run(someone.command('sh', '-c', ...mounted));
    const digests = stdout
      .trim()
      .split('\n')
      .map((line) => `sha256:${line.split(' ')[0]}`);
    expect(digests).toEqual(contents('v2').map(digestOf));
    await proxy.close();
  });

  it('makes a list of platforms and pushes it', async () => {
    const parts = ['amd64', 'arm64'].map((name) => ({ name, ...randomImage(home.path(name), name, [1_000]) }));
    for (const { name, dir } of parts) await wire.push(dir, 'podman/list', name);
    await podman(home, 'manifest', 'create', 'list');
    for (const { name } of parts)
      await podman(
        home,
        'manifest',
        'add',
        '--tls-verify=false',
        '--arch',
        name,
        'list',
        `docker://${at(`list:${name}`)}`,
      );
    const target = `docker://${at('list:all')}`;
    await podman(home, 'manifest', 'push', '--tls-verify=false', '--all', '--format', 'oci', 'list', target);

    const { mediaType, bytes } = await wire.manifest('podman/list', 'all');
    expect(mediaType).toBe('application/vnd.oci.image.index.v1+json');
    const children = JSON.parse(bytes.toString()).manifests as { digest: string; platform: { architecture: string } }[];
    expect(children.map(({ digest, platform }) => [platform.architecture, digest]).sort()).toEqual(
      parts.map(({ name, digest }) => [name, digest]),
    );
    expect([...(await wire.contents('podman/list', 'all')).keys()][0]).toBe(digestOf(bytes));
  });

  it('CL-CI-10: searches the catalog over its pages, and lists the tags of a repository', async () => {
    const { dir } = artifactImage(home.path('artifact'), 'podman search');
    const names = Array.from({ length: 101 }, (_, at) => `many/${at}`);
    await Promise.all(names.map((name) => wire.push(dir, name, 'v1')));
    for (const tag of ['v2', 'latest']) await wire.push(dir, 'many/0', tag);
    const search = (...words: string[]) => podman(home, 'search', '--limit', '1000', '--format', ...words);
    const found = await search('{{.Name}}', `${registry.host}/many/`);
    expect(found.split('\n').sort()).toEqual(names.map((name) => `${registry.host}/${name}`).sort());
    const tags = await podman(home, 'search', '--no-trunc', '--list-tags', `${registry.host}/many/0`);
    expect(
      tags
        .split('\n')
        .slice(1)
        .map((line) => line.split(/\s+/)[1])
        .sort(),
    ).toEqual(['latest', 'v1', 'v2']);
  });

  it('pulls from a mirror under the name of another registry, and from that one what the mirror has not', async () => {
    const [mirror, origin] = [await startProxy(() => registry.url), await startProxy(() => registry.url)];
    const who = await newHome(mirror.host, origin.host);
    who.addRegistry(
      `prefix = "registry.example"\nlocation = "${origin.host}/origin"\ninsecure = true\n` +
        `[[registry.mirror]]\nlocation = "${mirror.host}/mirror"\ninsecure = true`,
    );
    await wire.push(image.dir, 'mirror/team/app', 'v1');
    await wire.push(image.dir, 'origin/team/more', 'v1');
    const asked = () => origin.requests.filter(({ path }) => path.startsWith('/v2/origin/team')).length;

    await podman(who, 'pull', '--quiet', 'registry.example/team/app:v1');
    expect(await digestsOf(who, 'registry.example/team/app:v1')).toContain(`registry.example/team/app@${image.digest}`);
    expect(asked()).toBe(0);
    await podman(who, 'pull', '--quiet', 'registry.example/team/more:v1');
    expect(mirror.requests).toContainEqual(
      expect.objectContaining({ path: '/v2/mirror/team/more/manifests/v1', status: 404 }),
    );
    expect(asked()).toBeGreaterThan(0);
    for (const proxy of [mirror, origin]) await proxy.close();
  });

  it('is refused a pull and a push without credentials', async () => {
    const archive = stranger.path('rootfs.tar');
    writeFileSync(archive, busyboxTar('podman private'));
    await podman(stranger, 'import', '--quiet', archive, at('private:v1'));
    await stranger.refused(stranger.command('podman', 'push', at('private:v1')));
    await stranger.refused(stranger.command('podman', 'pull', at('run:v1')));
    expect(await wire.manifestStatus('podman/private', 'v1')).toBe(404);
  });
});
