import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientHome } from '../support/client-home.js';
import { DOCKER, type Dockerd, startDockerd } from '../support/dockerd.js';
import { busyboxTar, runnableImage, type TestImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { type RecordingProxy, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';

const docker = (...args: string[]) => [DOCKER, ...args];

/** What docker keeps of a login. */
interface Kept {
  auth?: string;
  identitytoken?: string;
}

/** The engine reaches the registry through a proxy here, which sees how it asks for tokens. */
describe('Docker Engine with refresh tokens', () => {
  let engine: Dockerd;
  let registry: Registry;
  let proxy: RecordingProxy;
  let home: ClientHome;
  let wire: Wire;
  let image: TestImage;

  const at = (name: string) => `${proxy.host}/identity/${name}`;
  const login = (who: ClientHome, host: string, { user, password }: Registry) =>
    who.run(docker('login', '-u', user, '--password-stdin', host), { input: password });
  const configOf = (who: ClientHome) => join(who.env.DOCKER_CONFIG!, 'config.json');
  const keptBy = (who: ClientHome, host = proxy.host): Kept | undefined =>
    JSON.parse(readFileSync(configOf(who), 'utf8')).auths?.[host];
  const asBasic = (pair: string) => Buffer.from(pair).toString('base64');

  /** Runs a command and returns its requests for tokens. */
  const tokensOf = async (command: () => Promise<unknown>) => {
    const before = proxy.requests.length;
    await command();
    const asked = proxy.requests.slice(before).filter(({ path }) => path.startsWith('/token'));
    return [...new Set(asked.map(({ method, status }) => `${method} ${status}`))];
  };

  /** Pulls what the engine has not, so that it has to ask the registry. */
  const pull = async (who: ClientHome, name = 'base:v1') => {
    await who.run(docker('rmi', '--force', at(name)));
    await who.run(docker('pull', at(name)));
  };

  beforeAll(async () => {
    registry = await startRegistry({ LADING_REFRESH_TOKENS: 'on' });
    proxy = await startProxy(() => registry.url);
    wire = new Wire(registry);
    engine = await startDockerd();
    home = engine.home();
    image = runnableImage(home.path('base'), 'docker identity');
    await wire.push(image.dir, 'identity/base', 'v1');
    await login(home, proxy.host, registry);
  });

  afterAll(async () => {
    await proxy?.close();
    await registry?.stop();
    await engine?.stop();
    ClientHome.removeAll();
  });

  it('LOGIN-01, LOGIN-04: keeps a refresh token and not the password', () => {
    expect(keptBy(home)).toEqual({
      auth: asBasic(`${registry.user}:`),
      identitytoken: expect.stringMatching(/^lading_rt_[\w-]{43}$/),
    });
    const text = readFileSync(configOf(home), 'utf8');
    for (const secret of [registry.password, asBasic(`${registry.user}:${registry.password}`)])
      expect(text).not.toContain(secret);
  });

  it('LOGIN-04, TOK-23: pushes and pulls with it, and keeps the same', async () => {
    const kept = keptBy(home);
    const archive = home.path('made.tar');
    writeFileSync(archive, busyboxTar('docker-identity'));
    await home.run(docker('import', archive, at('made:v1')));
    expect(await tokensOf(() => home.run(docker('push', at('made:v1'))))).toEqual(['POST 200']);
    expect(await tokensOf(() => pull(home, 'made:v1'))).toEqual(['POST 200']);
    expect((await wire.contents('identity/made', 'v1')).size).toBe(3);
    expect(keptBy(home)).toEqual(kept);
  });

  it('TOK-22: builds with BuildKit from an image that it has to pull', async () => {
    const context = mkdtempSync(home.path('build-'));
    writeFileSync(join(context, 'Dockerfile'), `FROM ${at('base:v1')}\nCOPY Dockerfile /\n`);
    const words = docker('build', '--pull', '--network', 'host', '-t', at('built:v1'), context);
    // It tries the refresh token as a password without a name first; only a 401 brings it to the other dialect.
    expect(await tokensOf(() => home.run(['env', 'DOCKER_BUILDKIT=1', ...words]))).toEqual(['GET 401', 'POST 200']);
    await home.run(docker('push', at('built:v1')));
    expect(await wire.manifestStatus('identity/built', 'v1')).toBe(200);
  });

  it('TOK-23: works on another host that has a copy of it, and after a restart of the registry', async () => {
    const other = engine.home();
    copyFileSync(configOf(home), configOf(other));
    await pull(other);
    await registry.restart();
    for (const who of [home, other]) await pull(who);
  });

  it.each<[string, (host: string) => string[]]>([
    ['crane', (host) => [tool('crane'), 'manifest', '--insecure', `${host}/identity/base:v1`]],
    ['oras', (host) => [tool('oras'), 'manifest', 'fetch', '--plain-http', `${host}/identity/base:v1`]],
    ['regctl', (host) => [tool('regctl'), 'manifest', 'get', '--format', 'raw-body', `${host}/identity/base:v1`]],
    ['skopeo', (host) => ['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${host}/identity/base:v1`]],
  ])('LOGIN-04: %s reads with what docker kept', async (name, command) => {
    const someone = new ClientHome();
    const file = name === 'skopeo' ? someone.env.REGISTRY_AUTH_FILE! : configOf(someone);
    copyFileSync(configOf(home), file);
    if (name === 'regctl') await someone.run([tool('regctl'), 'registry', 'set', '--tls', 'disabled', proxy.host]);
    const asked = await tokensOf(async () => {
      const { stdout } = await someone.run(command(proxy.host));
      expect(stdout).toContain('"schemaVersion"');
    });
    expect(asked).toEqual(['POST 200']);
  });

  it('is refused with a token that is none, until it logs in again', async () => {
    const someone = engine.home();
    copyFileSync(configOf(home), configOf(someone));
    const config = readFileSync(configOf(home), 'utf8').replace(
      /lading_rt_./,
      (text) => `lading_rt_${text.endsWith('A') ? 'B' : 'A'}`,
    );
    writeFileSync(configOf(someone), config);
    await someone.refused(docker('pull', at('base:v1')));
    await login(someone, proxy.host, registry);
    await pull(someone);
    expect(keptBy(someone)?.identitytoken).not.toBe(keptBy(home)?.identitytoken);
  });

  it('forgets it when it logs out', async () => {
    const someone = engine.home();
    await login(someone, proxy.host, registry);
    await someone.run(docker('logout', proxy.host));
    expect(keptBy(someone)).toBeUndefined();
    await someone.refused(docker('pull', at('base:v1')));
  });

  it('keeps the password where the registry gives no refresh tokens', async () => {
    const plain = await startRegistry();
    const someone = engine.home();
    await login(someone, plain.host, plain);
    expect(keptBy(someone, plain.host)).toEqual({ auth: asBasic(`${plain.user}:${plain.password}`) });
    await plain.stop();
  });
});
