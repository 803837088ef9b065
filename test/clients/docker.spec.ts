import { writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { DOCKER, type Dockerd, startDockerd } from '../support/dockerd.js';
import { busyboxTar, multiArchImage, randomImage, runnableImage, type TestImage } from '../support/images.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';

const docker = (...args: string[]) => [DOCKER, ...args];

/** Root may raise no limit on some build machines, and the engine's own default is such a raise. */
const RUN = docker('run', '--rm', '--network', 'none', '--ulimit', 'nofile=1024:1024');

describe('Docker Engine', () => {
  let engine: Dockerd;
  let registry: Registry;
  let wire: Wire;
  let home: ClientHome;
  let stranger: ClientHome;
  let image: TestImage;
  let multi: TestImage;
  let big: TestImage;

  const login = (host: string) => docker('login', '-u', registry.user, '--password-stdin', host);
  const at = (name: string) => `${registry.host}/docker/${name}`;
  const inspect = async (reference: string, format: string) =>
    (await home.run(docker('image', 'inspect', '--format', format, reference))).stdout.trim();

  /** Makes an image in the engine alone and returns its reference at the registry. */
  const make = async (name: string, seed: string) => {
    const archive = home.path(`${seed}.tar`);
    writeFileSync(archive, busyboxTar(seed));
    await home.run(docker('import', '-c', 'ENTRYPOINT ["/bin/busybox"]', archive, at(name)));
    return at(name);
  };

  beforeAll(async () => {
    engine = await startDockerd();
    registry = await startRegistry();
    wire = new Wire(registry);
    home = engine.home();
    stranger = engine.home();
    image = runnableImage(home.path('run'), 'docker run');
    multi = multiArchImage(home.path('multi'), 'docker multi');
    big = randomImage(home.path('big'), 'docker big', [12e6, 8e6, 4e6, 1e6]);
    await home.run(login(registry.host), { input: registry.password });
  });

  afterAll(async () => {
    await registry?.stop();
    await engine?.stop();
    ClientHome.removeAll();
  });

  it('logs in with the right password and not with a wrong one', async () => {
    const someone = engine.home();
    await someone.refused(login(registry.host), { input: `${registry.password}x` });
    const { stdout } = await someone.run(login(registry.host), { input: registry.password });
    expect(stdout).toContain('Login Succeeded');
  });

  it('pushes an image, and pulls the same one after losing its own', async () => {
    const reference = await make('made:v1', 'docker-made');
    const id = await inspect(reference, '{{.Id}}');
    const { stdout } = await home.run(docker('push', reference));
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1];
    expect([...(await wire.contents('docker/made', 'v1')).keys()]).toEqual([digest, id, expect.any(String)]);

    await home.run(docker('rmi', reference));
    await home.run(docker('pull', reference));
    expect(await inspect(reference, '{{.Id}}')).toBe(id);
    expect(await inspect(reference, '{{index .RepoDigests 0}}')).toBe(`${at('made')}@${digest}`);
  });

  it('pulls an image and runs a container from it', async () => {
    await wire.push(image.dir, 'docker/run', 'v1');
    await home.run(docker('pull', at('run:v1')));
    const { stdout } = await home.run([...RUN, at('run:v1'), 'cat', '/etc/seed']);
    expect(stdout).toBe('docker run');
    expect(await inspect(at('run:v1'), '{{index .RepoDigests 0}}')).toBe(`${at('run')}@${image.digest}`);
  });

  it('pulls 25 MB in four layers and pushes them elsewhere, bit for bit below the manifest', async () => {
    await wire.push(big.dir, 'docker/big', 'v1');
    await home.run(docker('pull', at('big:v1')));
    await home.run(docker('tag', at('big:v1'), at('big-again:v1')));
    await home.run(docker('push', at('big-again:v1')));
    const [, config] = [...(await layoutContents(big.dir)).keys()];
    expect([...(await wire.contents('docker/big-again', 'v1')).keys()][1]).toBe(config);
  });

  it('pulls the platform it is asked for out of an index, by tag and by digest', async () => {
    // Two repositories, because the engine keeps one platform for each name and digest.
    for (const name of ['multi', 'digest']) await wire.push(multi.dir, `docker/${name}`, 'v1');
    const byDigest = at(`digest@${multi.digest}`);
    await home.run(docker('pull', '--platform', 'linux/arm64', at('multi:v1')));
    expect(await inspect(at('multi:v1'), '{{.Architecture}}')).toBe('arm64');
    await home.run(docker('pull', byDigest));
    expect(await inspect(byDigest, '{{.Architecture}}')).toBe('amd64');
    const { stdout } = await home.run([...RUN, byDigest, 'cat', '/etc/seed']);
    expect(stdout).toBe('docker multi');
  });

  it('makes a manifest list of two pushed images and pushes it', async () => {
    const list = at('list:all');
    const parts = [await make('list:one', 'docker-one'), await make('list:two', 'docker-two')];
    for (const part of parts) await home.run(docker('push', part));
    await home.run(docker('manifest', 'create', '--insecure', list, ...parts));
    await home.run(docker('manifest', 'annotate', '--arch', 'arm64', '--variant', 'v8', list, parts[1]!));
    const { stdout } = await home.run(docker('manifest', 'push', '--insecure', list));

    const contents = await wire.contents('docker/list', 'all');
    expect([...contents.keys()][0]).toBe(stdout.trim());
    expect(contents.size).toBe(1 + 2 * 3);
  });

  it('copies to another repository by mounting the layers', async () => {
    const proxy = await startProxy(() => registry.url);
    await home.run(login(proxy.host), { input: registry.password });
    const source = await make('mount:v1', 'docker-mount');
    const [first, second] = ['mount-a', 'mount-b'].map((name) => `${proxy.host}/docker/${name}:v1`);
    for (const target of [first!, second!]) {
      await home.run(docker('tag', source, target));
      await home.run(docker('push', target));
    }
    const mounts = proxy.requests.filter(({ path, status }) => path.includes('mount=sha256') && status === 201);
    expect(mounts.map(({ path }) => path)).toEqual([expect.stringContaining('from=docker%2Fmount-a')]);
    const contents = await Promise.all(['docker/mount-a', 'docker/mount-b'].map((name) => wire.contents(name, 'v1')));
    expect(differences(contents[0]!, contents[1]!)).toEqual([]);
    await proxy.close();
  });

  it('pulls every tag of a repository', async () => {
    for (const tag of ['v1', 'v2', 'v3']) await wire.push(image.dir, 'docker/tags', tag);
    await home.run(docker('pull', '--all-tags', at('tags')));
    const { stdout } = await home.run(docker('image', 'ls', '--format', '{{.Tag}}', at('tags')));
    expect(stdout.trim().split('\n').sort()).toEqual(['v1', 'v2', 'v3']);
  });

  it('is refused a pull and a push without credentials', async () => {
    await wire.push(image.dir, 'docker/private', 'v1');
    const reference = await make('private:v2', 'docker-private');
    await stranger.refused(docker('pull', at('private:v1')));
    await stranger.refused(docker('push', reference));
    expect(await wire.manifestStatus('docker/private', 'v2')).toBe(404);
  });
});
