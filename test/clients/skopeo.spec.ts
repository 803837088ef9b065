import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { multiArchImage, randomImage, runnableImage, type TestImage } from '../support/images.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { PLAIN_HTTP, Skopeo } from '../support/skopeo.js';
import { Wire } from '../support/wire.js';
import { SAMPLES } from './samples.js';

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
    const { stdout } = await someone.run(someone.skopeo('login', '--get-login', registry.host));
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

  it('inspects a tag: digest, tags, platform, manifest and config', async () => {
    await wire.push(image.dir, 'skopeo/inspect', 'v1');
    expect(JSON.parse(await home.ask('inspect', at('inspect:v1')))).toMatchObject({
      Digest: image.digest,
      RepoTags: ['v1'],
      Architecture: 'amd64',
    });
    const [manifest, config] = [...(await layoutContents(image.dir)).values()];
    expect(await home.ask('inspect', '--raw', at('inspect:v1'))).toBe(manifest!.toString());
    expect(await home.ask('inspect', '--raw', '--config', at('inspect:v1'))).toBe(config!.toString());
  });

  it('takes the platform that it is told out of an index', async () => {
    const { dir, digest } = multiArchImage(home.path('platforms'), 'skopeo platforms');
    await wire.push(dir, 'skopeo/platforms', 'v1');
    const { manifests } = JSON.parse((await wire.manifest('skopeo/platforms', digest)).bytes.toString());
    const arm = ['--override-arch', 'arm64', '--override-variant', 'v8', 'copy', ...PLAIN_HTTP];
    const pulled = home.path('arm64');
    await home.run(home.skopeo(...arm, at('platforms:v1'), `oci:${pulled}:v1`));
    expect([...(await layoutContents(pulled)).keys()][0]).toBe(manifests[1].digest);
  });

  it("pulls an image as an archive of Docker's, and pushes that with the same layers", async () => {
    await wire.push(image.dir, 'skopeo/archive', 'v1');
    const archive = `docker-archive:${home.path('archive.tar')}:skopeo/archive:v1`;
    await home.run(home.skopeo('copy', ...PLAIN_HTTP, at('archive:v1'), archive));
    await home.run(home.skopeo('copy', ...PLAIN_HTTP, archive, at('archive:v2')));
    const diffIds = async (tag: string) =>
      JSON.parse(await home.ask('inspect', '--config', at(`archive:${tag}`))).rootfs.diff_ids;
    expect(await diffIds('v2')).toEqual(await diffIds('v1'));
    expect((await wire.contents('skopeo/archive', 'v2')).size).toBe(4);
  });

  it('takes credentials for one command, or none where it has some, and forgets them', async () => {
    await wire.push(image.dir, 'skopeo/credentials', 'v1');
    const someone = new Skopeo();
    const inspect = (...flags: string[]) =>
      someone.skopeo('inspect', '--tls-verify=false', ...flags, at('credentials:v1'));
    await someone.refused(inspect('--creds', `${registry.user}:${registry.password}x`));
    await someone.run(inspect('--creds', `${registry.user}:${registry.password}`));
    await someone.refused(inspect());
    await someone.login(registry);
    await someone.run(inspect());
    await someone.refused(inspect('--no-creds'));
    await someone.run(someone.skopeo('logout', registry.host));
    await someone.refused(inspect());
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
    expect(JSON.parse(await home.ask('list-tags', at('tags'))).Tags.sort()).toEqual(['latest', 'v1', 'v2']);
  });

  it('CL-CI-07: deletes the manifest behind a tag with a token for everything, and leaves other manifests', async () => {
    const proxy = await startProxy(() => registry.url);
    const through = new Skopeo();
    await through.login(registry, proxy.host);
    const other = randomImage(home.path('other'), 'skopeo delete', [1_000]);
    await wire.push(image.dir, 'skopeo/delete', 'v1');
    await wire.push(other.dir, 'skopeo/delete', 'v2');
    const before = proxy.requests.length;
    await through.ask('delete', `docker://${proxy.host}/skopeo/delete:v1`);

    const tokens = proxy.requests.slice(before).filter(({ path }) => path.startsWith('/token'));
    const needed = process.env.LADING_CHALLENGE === 'basic' ? [] : ['repository:skopeo/delete:*'];
    expect([...new Set(tokens.map(({ path }) => scopeOf(path)))]).toEqual(needed);
    expect(await wire.manifestStatus('skopeo/delete', 'v1')).toBe(404);
    expect(await wire.manifestStatus('skopeo/delete', image.digest)).toBe(404);
    expect(JSON.parse(await home.ask('list-tags', at('delete'))).Tags).toEqual(['v2']);
    expect(differences(await layoutContents(other.dir), await wire.contents('skopeo/delete', 'v2'))).toEqual([]);
    await proxy.close();
  });

  it('CL-CI-02: pushes a blob with a POST, a PATCH without Content-Range and a PUT without a body', async () => {
    const proxy = await startProxy(() => registry.url);
    const through = new Skopeo();
    await through.login(registry, proxy.host);
    await through.run(through.copy(`oci:${image.dir}:v1`, `docker://${proxy.host}/skopeo/trace:v1`));

    const uploads = proxy.requests.filter(({ path, status }) => path.includes('/blobs/uploads/') && status !== 401);
    const sent = (method: string, status: number) =>
      uploads.filter((request) => request.method === method && request.status === status).map(({ headers }) => headers);
    const sizes = [...(await wire.contents('skopeo/trace', 'v1')).values()].slice(1).map((blob) => `${blob.length}`);
    expect(uploads.length).toBe(9);
    expect(sent('POST', 202).map((headers) => headers['content-length'])).toEqual(['0', '0', '0']);
    expect(
      sent('PATCH', 202)
        .map((headers) => headers['content-length'])
        .sort(),
    ).toEqual(sizes.sort());
    expect(sent('PATCH', 202).map((headers) => headers['content-range'])).toEqual([undefined, undefined, undefined]);
    expect(sent('PUT', 201).map((headers) => headers['content-length'])).toEqual(['0', '0', '0']);
    await proxy.close();
  });

  it('is refused a pull and a push without credentials', async () => {
    await wire.push(image.dir, 'skopeo/private', 'v1');
    await stranger.refused(stranger.copy(at('private:v1'), `oci:${stranger.path('pulled')}:v1`));
    await stranger.refused(stranger.copy(`oci:${image.dir}:v1`, at('private:v2')));
    expect(await wire.manifestStatus('skopeo/private', 'v2')).toBe(404);
  });
});

function scopeOf(path: string): string | null {
  return new URL(path, 'http://any').searchParams.get('scope');
}
