import { mkdirSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { runnableImage, type TestImage } from '../support/images.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';
import { SAMPLES } from './samples.js';

/**
 * Skopeo remembers for the whole machine which registry holds which blob, and then mounts instead of pushing. Each home
 * gets its own memory, mounted over root's in a mount namespace that ends with the command.
 */
const WITH_OWN_CACHE = 'mount --bind "$HOME/cache" /var/lib/containers/cache && exec "$@"';

class Skopeo extends ClientHome {
  constructor() {
    super();
    mkdirSync(this.path('cache'));
    mkdirSync('/var/lib/containers/cache', { recursive: true });
  }

  command(...args: string[]): string[] {
    return ['unshare', '-m', 'sh', '-c', WITH_OWN_CACHE, 'sh', 'skopeo', ...args];
  }

  login(registry: Registry, host = registry.host): Promise<unknown> {
    return this.run(this.loginCommand(registry, host), { input: registry.password });
  }

  loginCommand(registry: Registry, host = registry.host): string[] {
    return this.command('login', '--tls-verify=false', '-u', registry.user, '--password-stdin', host);
  }

  copy(from: string, to: string, ...flags: string[]): string[] {
    return this.command('copy', '--all', '--src-tls-verify=false', '--dest-tls-verify=false', ...flags, from, to);
  }
}

describe('skopeo', () => {
  let home: Skopeo;
  let stranger: Skopeo;
  let image: TestImage;
  let registry: Registry;
  let wire: Wire;

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new Skopeo();
    stranger = new Skopeo();
    image = runnableImage(home.path('layout'), 'skopeo');
    await home.login(registry);
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  const at = (name: string) => `docker://${registry.host}/skopeo/${name}`;

  it('logs in with the right password and not with a wrong one', async () => {
    const someone = new Skopeo();
    await someone.refused(someone.loginCommand(registry), { input: `${registry.password}x` });
    await someone.login(registry);
    const { stdout } = await someone.run(someone.command('login', '--get-login', registry.host));
    expect(stdout.trim()).toBe(registry.user);
  });

  it.each(SAMPLES)('pushes and pulls $what, bit for bit', async (sample) => {
    const { dir, digest } = sample.make(home.path(sample.name), `skopeo ${sample.name}`);
    const name = `push/${sample.name}`;
    const pulled = home.path(`pulled-${sample.name}`);
    await home.run(home.copy(`oci:${dir}:v1`, at(`${name}:v1`)));
    await home.run(home.copy(at(`${name}:v1`), `oci:${pulled}:v1`));

    const pushed = await layoutContents(dir);
    expect(differences(pushed, await wire.contents(`skopeo/${name}`, digest))).toEqual([]);
    expect(differences(pushed, await layoutContents(pulled))).toEqual([]);
  });

  it('pulls by digest', async () => {
    await wire.push(image.dir, 'skopeo/by-digest', 'v1');
    const pulled = home.path('by-digest');
    await home.run(home.copy(at(`by-digest@${image.digest}`), `oci:${pulled}:v1`));
    expect(differences(await layoutContents(image.dir), await layoutContents(pulled))).toEqual([]);
  });

  it('inspects a tag: digest, tags, platform', async () => {
    await wire.push(image.dir, 'skopeo/inspect', 'v1');
    const { stdout } = await home.run(home.command('inspect', '--tls-verify=false', at('inspect:v1')));
    expect(JSON.parse(stdout)).toMatchObject({ Digest: image.digest, RepoTags: ['v1'], Architecture: 'amd64' });
  });

  it('copies from one repository to another by mounting the blobs', async () => {
    const proxy = await startProxy(() => registry.url);
    const through = new Skopeo();
    await through.login(registry, proxy.host);
    const [source, target] = ['source', 'target'].map((name) => `docker://${proxy.host}/skopeo/${name}:v1`);
    await through.run(through.copy(`oci:${image.dir}:v1`, source!));
    const before = proxy.requests.length;
    await through.run(through.copy(source!, target!));

    const mounts = proxy.requests.slice(before).filter(({ path }) => path.includes('mount=sha256'));
    expect(mounts.map(({ status }) => status)).toEqual([201, 201]);
    expect(differences(await layoutContents(image.dir), await wire.contents('skopeo/target', 'v1'))).toEqual([]);
    await proxy.close();
  });

  it('lists the tags of a repository', async () => {
    for (const tag of ['v1', 'v2', 'latest']) await wire.push(image.dir, 'skopeo/tags', tag);
    const { stdout } = await home.run(home.command('list-tags', '--tls-verify=false', at('tags')));
    expect(JSON.parse(stdout).Tags.sort()).toEqual(['latest', 'v1', 'v2']);
  });

  it('deletes the manifest behind a tag', async () => {
    await wire.push(image.dir, 'skopeo/delete', 'v1');
    await home.run(home.command('delete', '--tls-verify=false', at('delete:v1')));
    expect(await wire.manifestStatus('skopeo/delete', 'v1')).toBe(404);
    expect(await wire.manifestStatus('skopeo/delete', image.digest)).toBe(404);
  });

  it('is refused a pull and a push without credentials', async () => {
    await wire.push(image.dir, 'skopeo/private', 'v1');
    await stranger.refused(stranger.copy(at('private:v1'), `oci:${stranger.path('pulled')}:v1`));
    await stranger.refused(stranger.copy(`oci:${image.dir}:v1`, at('private:v2')));
    expect(await wire.manifestStatus('skopeo/private', 'v2')).toBe(404);
  });
});
