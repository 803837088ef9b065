import { writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { DOCKER, type Dockerd, startDockerd } from '../support/dockerd.js';
import { randomImage, runnableImage } from '../support/images.js';
import { type Meddling, type ProxiedRequest, type RecordingProxy, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { run } from '../support/run.js';
import { Wire } from '../support/wire.js';

const docker = (...args: string[]) => [DOCKER, ...args];

/** The engine reaches the registry through a proxy here, which is also its mirror of Docker Hub. */
describe('Docker Engine, pulling', () => {
  let engine: Dockerd;
  let home: ClientHome;
  let proxy: RecordingProxy;
  let registry: Registry;
  let wire: Wire;
  let cutAfter: Meddling['cutAfter'];

  const at = (name: string) => `${proxy.host}/docker-pull/${name}`;
  const inspect = async (reference: string, format: string) =>
    (await home.run(docker('image', 'inspect', '--format', format, reference))).stdout.trim();
  const manifestOf = async (repository: string) =>
    JSON.parse((await wire.manifest(repository, 'v1')).bytes.toString()) as {
      config: { digest: string };
      layers: { digest: string; size: number }[];
    };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    proxy = await startProxy(() => registry.url, { cutAfter: (request) => cutAfter?.(request) });
    engine = await startDockerd('--registry-mirror', proxy.url);
    home = engine.home();
    const login = docker('login', '-u', registry.user, '--password-stdin', proxy.host);
    await home.run(login, { input: registry.password });
  });

  afterEach(() => {
    cutAfter = undefined;
  });

  afterAll(async () => {
    await engine?.stop();
    await proxy?.close();
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('pulls an image of Docker Hub from its mirror, with the credentials it has for Docker Hub', async () => {
    const someone = engine.home();
    const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
    const config = { auths: { 'https://index.docker.io/v1/': { auth } } };
    writeFileSync(`${someone.env.DOCKER_CONFIG}/config.json`, JSON.stringify(config));
    const { dir, digest } = runnableImage(home.path('mirrored'), 'docker mirror');
    await wire.push(dir, 'library/mtest', 'v1');
    await someone.run(docker('pull', 'mtest:v1'));

    expect(await inspect('mtest:v1', '{{index .RepoDigests 0}}')).toBe(`mtest@${digest}`);
    expect(await inspect('mtest:v1', '{{.Id}}')).toBe((await manifestOf('library/mtest')).config.digest);
  });

  it('BLOB-12: takes a pull that broke up again where it broke', async () => {
    const { dir, digest } = randomImage(home.path('broken'), 'docker resume', [8e6]);
    await wire.push(dir, 'docker-pull/resume', 'v1');
    const { layers } = await manifestOf('docker-pull/resume');
    const [{ digest: layer, size }] = layers as [{ digest: string; size: number }];
    const isLayer = ({ path, status }: ProxiedRequest) => path.endsWith(layer) && status !== 401;
    cutAfter = (request) => (isLayer(request) && request.headers.range === undefined ? 3_000_000 : undefined);
    await home.run(docker('pull', at('resume:v1')));

    const asked = proxy.requests.filter(isLayer).map(({ headers, status }) => [headers.range, status]);
    expect(asked).toEqual([
      [undefined, 200],
      [expect.stringMatching(/^bytes=\d+-$/), 206],
    ]);
    const offset = Number(/\d+/.exec(asked[1]![0] as string)![0]);
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThan(size);
    expect(await inspect(at('resume:v1'), '{{index .RepoDigests 0}}')).toBe(`${at('resume')}@${digest}`);
  });

  it('pulls six images at once, with layers that they share', async () => {
    const names = Array.from({ length: 6 }, (_, number) => `parallel-${number}`);
    for (const [number, name] of names.entries()) {
      // The same first layer in each pair of images, whose second layers differ.
      const { dir } = randomImage(home.path(name), `docker parallel ${number >> 1}`, [2e6, 1e6 + number]);
      await wire.push(dir, `docker-pull/${name}`, 'v1');
    }
    await Promise.all(names.map((name) => home.run(docker('pull', at(`${name}:v1`)))));
    for (const name of names)
      expect(await inspect(at(`${name}:v1`), '{{.Id}}')).toBe((await manifestOf(`docker-pull/${name}`)).config.digest);
  });

  it('CL-DKR-05: says of which tag, repository or digest there is no manifest, and that it may not pull', async () => {
    const { dir } = randomImage(home.path('there'), 'docker there', [1_000]);
    await wire.push(dir, 'docker-pull/there', 'v1');
    const complaint = async (who: ClientHome, name: string) => {
      const { code, stderr } = await run(docker('pull', at(name)), { env: who.env });
      return `${code}: ${stderr.trim()}`;
    };
    for (const name of ['there:v2', 'nowhere:v1', `there@sha256:${'0'.repeat(64)}`])
      expect(await complaint(home, name)).toMatch(
        `1: Error response from daemon: manifest for ${at(name)} not found: `,
      );
    await engine.home().refused(docker('pull', at('there:v1')));
  });
});
