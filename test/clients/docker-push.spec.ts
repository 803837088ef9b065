import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientHome } from '../support/client-home.js';
import { DOCKER, type Dockerd, startDockerd } from '../support/dockerd.js';
import { runnableImage } from '../support/images.js';
import { root } from '../support/paths.js';
import { type RecordingProxy, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { addTagRule } from '../support/tag-rule.js';
import { Wire } from '../support/wire.js';

const docker = (...args: string[]) => [DOCKER, ...args];
const RUN = docker('run', '--rm', '--network', 'none', '--ulimit', 'nofile=1024:1024');
const SCHEMA2 = 'application/vnd.docker.distribution.manifest.v2+json';

/** The engine reaches the registry through a proxy here. */
describe('Docker Engine, building and pushing', () => {
  let engine: Dockerd;
  let home: ClientHome;
  let proxy: RecordingProxy;
  let registry: Registry;
  let wire: Wire;

  const at = (name: string) => `${proxy.host}/docker-push/${name}`;
  const inspect = async (reference: string, format: string) =>
    (await home.run(docker('image', 'inspect', '--format', format, reference))).stdout.trim();
  const login = async (who: ClientHome) => {
    const words = docker('login', '-u', registry.user, '--password-stdin', proxy.host);
    await who.run(words, { input: registry.password });
  };

  /** Pushes, and returns the digest that docker says it has pushed. */
  const push = async (reference: string) => {
    const { stdout } = await home.run(docker('push', reference));
    return /digest: (sha256:[0-9a-f]{64})/.exec(stdout)?.[1];
  };

  const build = async (reference: string, dockerfile: string, buildkit = '1') => {
    const context = mkdtempSync(home.path('build-'));
    writeFileSync(`${context}/Dockerfile`, dockerfile);
    const words = docker('build', '--pull', '--network', 'host', '-t', reference, context);
    await home.run(['env', `DOCKER_BUILDKIT=${buildkit}`, ...words]);
  };

  /** Runs a command and returns the requests for repositories that got past the challenge meanwhile. */
  const traced = async (command: () => Promise<unknown>) => {
    const before = proxy.requests.length;
    await command();
    return proxy.requests
      .slice(before)
      .filter(({ path, status }) => path.startsWith('/v2/docker-push/') && status !== 401);
  };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    proxy = await startProxy(() => registry.url);
    engine = await startDockerd();
    home = engine.home();
    await login(home);
    await wire.push(runnableImage(home.path('base'), 'docker base').dir, 'docker-push/base', 'v1');
  });

  afterAll(async () => {
    await engine?.stop();
    await proxy?.close();
    await registry?.stop();
    ClientHome.removeAll();
  });

  it.each([
    ['BuildKit', '1'],
    ['its older builder', '0'],
  ])('builds with %s on an image of the registry, pushes the result, pulls and runs it', async (_, buildkit) => {
    const reference = at(`built-${buildkit}:v1`);
    const step = `RUN ["/bin/busybox", "sh", "-c", "echo by ${buildkit} >/etc/built"]`;
    await build(reference, `FROM ${at('base:v1')}\n${step}\n`, buildkit);
    const [digest, id] = [await push(reference), await inspect(reference, '{{.Id}}')];
    expect([...(await wire.contents(`docker-push/built-${buildkit}`, 'v1')).keys()].slice(0, 2)).toEqual([digest, id]);

    await home.run(docker('rmi', reference));
    await home.run(docker('pull', at(`built-${buildkit}@${digest}`)));
    const { stdout } = await home.run([...RUN, at(`built-${buildkit}@${digest}`), 'cat', '/etc/built']);
    expect(stdout.trim()).toBe(`by ${buildkit}`);
  });

  it('CL-DKR-03: pushes each blob with POST, PATCH and PUT, and wants to find it by HEAD afterwards', async () => {
    await build(at('one:v1'), 'FROM scratch\nCOPY Dockerfile /\n');
    const trace = await traced(() => push(at('one:v1')));

    const [, config, layer] = [...(await wire.contents('docker-push/one', 'v1')).keys()];
    const steps = trace.map(({ method, path, status }) => {
      const place = path.slice('/v2/docker-push/one/'.length).replace(/uploads\/.+/, 'uploads/ID');
      return `${method} ${place} ${status}`;
    });
    const uploaded = ['POST blobs/uploads/ 202', 'PATCH blobs/uploads/ID 202', 'PUT blobs/uploads/ID 201'];
    expect(steps).toEqual([
      ...[...uploaded, `HEAD blobs/${layer} 200`],
      ...[`HEAD blobs/${config} 404`, ...uploaded, `HEAD blobs/${config} 200`],
      'PUT manifests/v1 201',
    ]);
  });

  it('MAN-40: says why an immutable tag does not move, and pushes the same image to it again', async () => {
    await build(at('kept:v1'), 'FROM scratch\nCOPY Dockerfile /\n');
    await push(at('kept:v1'));
    await addTagRule(registry, 'docker-push/kept', '^v');
    await push(at('kept:v1'));
    await build(at('kept:v1'), 'FROM scratch\nLABEL of=another\nCOPY Dockerfile /\n');
    const said = 'denied: tag v1 is immutable by the rule ^v of its project and already exists with another digest';
    await expect(push(at('kept:v1'))).rejects.toThrow(said);
  });

  it('CL-DKR-06, MNT-07: makes a manifest list of images in other repositories, mounting their blobs', async () => {
    const names = ['amd64', 'arm64'];
    const references = names.map((name) => at(`${name}:v1`));
    for (const reference of references)
      await build(reference, `FROM scratch\nLABEL of=${reference}\nCOPY Dockerfile /\n`);
    const digests = [await push(references[0]!), await push(references[1]!)];
    await home.run(docker('manifest', 'create', '--insecure', at('list:v1'), ...references));
    await home.run(docker('manifest', 'annotate', '--arch', 'arm64', at('list:v1'), references[1]!));
    const trace = await traced(() => home.run(docker('manifest', 'push', '--insecure', at('list:v1'))));

    const mounts = trace.filter(({ path }) => path.includes('mount=sha256'));
    expect(mounts.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const list = JSON.parse((await wire.manifest('docker-push/list', 'v1')).bytes.toString());
    expect(list.manifests.map((child: { digest: string }) => child.digest).sort()).toEqual(digests.sort());
    expect((await wire.contents('docker-push/list', 'v1')).size).toBe(1 + 2 * 3);
  });

  it('CL-DKR-08: pushes a plugin and installs it again', async () => {
    const reference = at('plugin:v1');
    const plugin = home.path('plugin');
    mkdirSync(`${plugin}/rootfs/bin`, { recursive: true });
    copyFileSync(join(root, '.tools/share/busybox'), `${plugin}/rootfs/bin/busybox`);
    const socket = { types: ['docker.logdriver/1.0'], socket: 'plugin.sock' };
    const config = { description: 'a plugin', entrypoint: ['/bin/busybox'], interface: socket, linux: {} };
    writeFileSync(`${plugin}/config.json`, JSON.stringify(config));
    await home.run(docker('plugin', 'create', reference, plugin));
    await home.run(docker('plugin', 'push', reference));
    await home.run(docker('plugin', 'rm', reference));
    await home.run(docker('plugin', 'install', '--disable', '--grant-all-permissions', reference));

    const { mediaType, bytes } = await wire.manifest('docker-push/plugin', 'v1');
    expect(mediaType).toBe(SCHEMA2);
    expect(JSON.parse(bytes.toString()).config.mediaType).toBe('application/vnd.docker.plugin.v1+json');
    expect((await wire.contents('docker-push/plugin', 'v1')).size).toBe(3);
    const { stdout } = await home.run(docker('plugin', 'inspect', '--format', '{{.Config.Description}}', reference));
    expect(stdout.trim()).toBe('a plugin');
  });

  it('CL-DKR-09: logs out without a request, and may no longer push', async () => {
    const someone = engine.home();
    await login(someone);
    const before = proxy.requests.length;
    await someone.run(docker('logout', proxy.host));
    expect(proxy.requests.length).toBe(before);
    await home.run(docker('pull', at('base:v1')));
    await home.run(docker('tag', at('base:v1'), at('base:v2')));
    await someone.refused(docker('push', at('base:v2')));
    expect(await wire.manifestStatus('docker-push/base', 'v2')).toBe(404);
  });
});
