import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { runnableImage, type TestImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';
import { SAMPLES } from './samples.js';

describe('crane', () => {
  let home: ClientHome;
  let stranger: ClientHome;
  let image: TestImage;
  let registry: Registry;
  let wire: Wire;

  const crane = (...args: string[]) => [tool('crane'), ...args];
  const login = (host: string, password: string) => crane('auth', 'login', host, '-u', registry.user, '-p', password);
  const at = (name: string) => `${registry.host}/crane/${name}`;

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome();
    stranger = new ClientHome();
    image = runnableImage(home.path('layout'), 'crane');
    await home.run(login(registry.host, registry.password));
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('is let in with the right password and not with a wrong one', async () => {
    const someone = new ClientHome();
    await wire.push(image.dir, 'crane/login', 'v1');
    await someone.run(login(registry.host, `${registry.password}x`)); // Only writes it down; the next command tries it.
    await someone.refused(crane('ls', at('login')));
    await someone.run(login(registry.host, registry.password));
    await someone.run(crane('ls', at('login')));
  });

  it.each(SAMPLES)('pushes and pulls $what, bit for bit', async (sample) => {
    const { dir, digest } = sample.make(home.path(sample.name), `crane ${sample.name}`);
    const name = `push/${sample.name}`;
    const pulled = home.path(`pulled-${sample.name}`);
    await home.run(crane('push', dir, at(`${name}:v1`)));
    await home.run(crane('pull', '--format', 'oci', at(`${name}:v1`), pulled));

    const pushed = await layoutContents(dir);
    expect(differences(pushed, await wire.contents(`crane/${name}`, digest))).toEqual([]);
    expect(differences(pushed, await layoutContents(pulled))).toEqual([]);
  });

  it('finds every byte and diff id in order, and gives the digest of a tag', async () => {
    await wire.push(image.dir, 'crane/validate', 'v1');
    await home.run(crane('validate', '--remote', at('validate:v1')));
    const { stdout } = await home.run(crane('digest', at('validate:v1')));
    expect(stdout.trim()).toBe(image.digest);
  });

  it('copies from one repository to another by mounting the blobs', async () => {
    const proxy = await startProxy(() => registry.url);
    await home.run(login(proxy.host, registry.password));
    await wire.push(image.dir, 'crane/source', 'v1');
    await home.run(crane('copy', `${proxy.host}/crane/source:v1`, `${proxy.host}/crane/target:v1`));

    const mounts = proxy.requests.filter(({ path, status }) => path.includes('mount=sha256') && status !== 401);
    expect(mounts.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(differences(await layoutContents(image.dir), await wire.contents('crane/target', 'v1'))).toEqual([]);
    await proxy.close();
  });

  it('tags, and lists tags and the catalog', async () => {
    await wire.push(image.dir, 'crane/tags', 'v1');
    await home.run(crane('tag', at('tags:v1'), 'v2'));
    const tags = await home.run(crane('ls', at('tags')));
    const catalog = await home.run(crane('catalog', registry.host));
    expect(tags.stdout.trim().split('\n').sort()).toEqual(['v1', 'v2']);
    expect(catalog.stdout.split('\n')).toContain('crane/tags');
  });

  it('deletes a manifest by digest, and with it its tags', async () => {
    await wire.push(image.dir, 'crane/delete', 'v1');
    await home.run(crane('delete', at(`delete@${image.digest}`)));
    expect(await wire.manifestStatus('crane/delete', image.digest)).toBe(404);
    expect(await wire.manifestStatus('crane/delete', 'v1')).toBe(404);
  });

  it('deletes a tag and leaves the manifest and its other tags', async () => {
    for (const tag of ['v1', 'v2']) await wire.push(image.dir, 'crane/untag', tag);
    await home.run(crane('delete', at('untag:v1')));
    expect(await wire.manifestStatus('crane/untag', 'v1')).toBe(404);
    expect(await wire.manifestStatus('crane/untag', 'v2')).toBe(200);
    expect(await wire.manifestStatus('crane/untag', image.digest)).toBe(200);
  });

  it('is refused a pull and a push without credentials', async () => {
    await wire.push(image.dir, 'crane/private', 'v1');
    await stranger.refused(crane('pull', at('private:v1'), stranger.path('pulled.tar')));
    await stranger.refused(crane('push', image.dir, at('private:v2')));
    expect(await wire.manifestStatus('crane/private', 'v2')).toBe(404);
  });
});
