import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { blobsIn, differences, layoutContents } from '../support/contents.js';
import { digestOf } from '../support/digest.js';
import { AMD64, artifactImage, multiArchImage, runnableImage, type TestImage, zstdImage } from '../support/images.js';
import { type Descriptor, OciLayout, topOf } from '../support/oci-layout.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { PLAIN_HTTP, Skopeo } from '../support/skopeo.js';
import { Wire } from '../support/wire.js';

const DOCKER = 'application/vnd.docker.distribution.manifest';
const SIGNATURE = 'application/vnd.dev.cosign.simplesigning.v1+json';

interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
  manifests: Descriptor[];
}

describe('skopeo, with every kind of manifest', () => {
  let home: Skopeo;
  let image: TestImage;
  let registry: Registry;
  let wire: Wire;

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new Skopeo();
    image = runnableImage(home.path('layout'), 'skopeo kinds');
    await home.login(registry);
    // The image with its layers uncompressed, and the same one with Docker's types, as folders.
    await home.run(home.copy(`oci:${image.dir}:v1`, `dir:${home.path('plain')}`, '--dest-decompress'));
    await home.run(home.copy(`oci:${image.dir}:v1`, `dir:${home.path('schema2')}`, '--format', 'v2s2'));
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  const at = (name: string) => `docker://${registry.host}/kinds/${name}`;
  const parsed = async (name: string, reference: string) =>
    JSON.parse((await wire.manifest(`kinds/${name}`, reference)).bytes.toString()) as Manifest;

  it('CL-CI-07: pushes an index as a manifest list with --format v2s2', async () => {
    const { dir } = multiArchImage(home.path('index'), 'skopeo list');
    await home.run(home.copy(`oci:${dir}:v1`, at('list:v1'), '--format', 'v2s2'));

    const { mediaType } = await wire.manifest('kinds/list', 'v1');
    const children = (await parsed('list', 'v1')).manifests.map((child) => child.mediaType);
    expect([mediaType, ...children]).toEqual([`${DOCKER}.list.v2+json`, ...Array(3).fill(`${DOCKER}.v2+json`)]);
    const [before, after] = [await layoutContents(dir), await wire.contents('kinds/list', 'v1')];
    expect(differences(blobsIn(before), blobsIn(after))).toEqual([]);
  });

  it('CL-CI-07: pushes and pulls a schema 2 folder, bit for bit', async () => {
    const [pushed, pulled] = [home.path('schema2'), home.path('schema2-pulled')];
    await home.run(home.copy(`dir:${pushed}`, at('schema2:v1')));
    await home.run(home.copy(at('schema2:v1'), `dir:${pulled}`));

    const manifest = readFileSync(`${pushed}/manifest.json`);
    expect(await wire.manifest('kinds/schema2', 'v1')).toEqual({ mediaType: `${DOCKER}.v2+json`, bytes: manifest });
    const contents = await wire.contents('kinds/schema2', digestOf(manifest));
    expect(contents.size).toBe(4);
    for (const [digest, bytes] of blobsIn(contents))
      expect(readFileSync(`${pulled}/${digest.slice('sha256:'.length)}`).equals(bytes)).toBe(true);
    expect(readFileSync(`${pulled}/manifest.json`).equals(manifest)).toBe(true);
  });

  it('pushes and pulls zstd layers, bit for bit', async () => {
    const { dir, digest } = zstdImage(home.path('zstd'), 'skopeo zstd');
    const pulled = home.path('zstd-pulled');
    await home.run(home.copy(`oci:${dir}:v1`, at('zstd:v1')));
    await home.run(home.copy(at('zstd:v1'), `oci:${pulled}:v1`));

    const pushed = await layoutContents(dir);
    expect(differences(pushed, await wire.contents('kinds/zstd', digest))).toEqual([]);
    expect(differences(pushed, await layoutContents(pulled))).toEqual([]);
  });

  it('compresses layers with zstd while it pushes them', async () => {
    const other = new Skopeo(); // `home` remembers gzip layers of the same content and would take those.
    await other.login(registry);
    await other.run(other.copy(`dir:${home.path('plain')}`, at('compressed:v1'), '--dest-compress-format', 'zstd'));
    const { config, layers } = await parsed('compressed', 'v1');
    const contents = await wire.contents('kinds/compressed', 'v1');
    const unpacked = layers.map(({ digest }) =>
      digestOf(execFileSync('zstd', ['-dqc'], { input: contents.get(digest), maxBuffer: 1e8 })),
    );
    expect(unpacked).toEqual(JSON.parse(contents.get(config.digest)!.toString()).rootfs.diff_ids);
    for (const { mediaType } of layers) expect(mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd');
  });

  it('CL-CI-07: keeps the digest of an image with uncompressed layers with --preserve-digests', async () => {
    const plain = home.path('plain');
    const digest = digestOf(readFileSync(`${plain}/manifest.json`));
    await home.run(home.copy(`dir:${plain}`, at('preserved:v1'), '--preserve-digests'));
    const contents = await wire.contents('kinds/preserved', 'v1');
    expect([...contents.keys()][0]).toBe(digest);
    expect(contents.size).toBe(4);
  });

  it('pushes an encrypted image, which only the right key opens', async () => {
    const key = (name: string) => home.path(`${name}.pem`);
    for (const name of ['right', 'wrong']) await home.run(['openssl', 'genrsa', '-out', key(name), '2048']);
    await home.run(['openssl', 'rsa', '-in', key('right'), '-pubout', '-out', key('public')]);
    await home.run(home.copy(`oci:${image.dir}:v1`, at('secret:v1'), '--encryption-key', `jwe:${key('public')}`));

    const { layers } = await parsed('secret', 'v1');
    for (const { mediaType } of layers) expect(mediaType).toMatch(/\+encrypted$/);
    expect((await wire.contents('kinds/secret', 'v1')).size).toBe(4);
    const open = (name: string) =>
      home.copy(at('secret:v1'), `oci:${home.path(name)}:v1`, '--decryption-key', key(name));
    await home.run(open('right'));
    expect(differences(await layoutContents(image.dir), await layoutContents(home.path('right')))).toEqual([]);
    await expect(home.run(open('wrong'))).rejects.toThrow('none of the private keys could be used');
  });

  it('copies an artifact with its subject in and out, and the registry lists it as a referrer', async () => {
    const subject = topOf(image.dir);
    const { mediaType, digest, size } = subject;
    const { dir } = artifactImage(home.path('artifact'), 'skopeo referrer', { mediaType, digest, size });
    const pulled = home.path('artifact-pulled');
    await home.run(home.copy(`oci:${image.dir}:v1`, at('subject:v1')));
    await home.run(home.copy(`oci:${dir}:v1`, at('subject:about')));
    await home.run(home.copy(at('subject:about'), at('subject-copy:about')));
    await home.run(home.copy(at('subject-copy:about'), `oci:${pulled}:v1`));

    expect(differences(await layoutContents(dir), await layoutContents(pulled))).toEqual([]);
    for (const name of ['subject', 'subject-copy']) {
      const answer = await wire.request(`/v2/kinds/${name}/referrers/${digest}`);
      const { manifests } = (await answer.json()) as Manifest;
      expect(manifests.map((referrer) => referrer.digest)).toEqual([topOf(dir).digest]);
    }
  });

  it('CL-CI-08: takes a signature that is attached by its tag along, and copies an image that has none', async () => {
    const tag = `${image.digest.replace(':', '-')}.sig`;
    const settings = home.path('registries.d');
    mkdirSync(settings);
    writeFileSync(`${settings}/default.yaml`, 'default-docker:\n  use-sigstore-attachments: true\n');
    const copy = (from: string, to: string) =>
      home.run(home.skopeo('--registries.d', settings, 'copy', ...PLAIN_HTTP, at(from), at(to)));
    await wire.push(image.dir, 'kinds/signed', 'v1');
    await wire.push(signature(home.path('signature'), image.digest), 'kinds/signed', tag);
    await wire.push(image.dir, 'kinds/unsigned', 'v1');
    await copy('signed:v1', 'signed-copy:v1');
    await copy('unsigned:v1', 'unsigned-copy:v1');

    const [there] = (await parsed('signed-copy', tag)).layers;
    const [here] = (await parsed('signed', tag)).layers;
    expect(there).toEqual(here);
    expect(await wire.manifestStatus('kinds/unsigned-copy', tag)).toBe(404);
  });
});

/** A signature as cosign attaches it, under a tag made of the digest. Nobody here checks what it says. */
function signature(dir: string, digest: string): string {
  const layout = new OciLayout(dir);
  const image = { 'docker-manifest-digest': digest };
  const payload = { critical: { identity: {}, image, type: 'cosign container image signature' }, optional: {} };
  const blob = layout.blob(Buffer.from(JSON.stringify(payload)), SIGNATURE);
  const annotations = { 'dev.cosignproject.cosign/signature': 'bm90IGNoZWNrZWQ=' };
  layout.finish(layout.image([{ ...blob, annotations, diffId: blob.digest }], AMD64));
  return dir;
}
