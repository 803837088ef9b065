import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ClientHome, REFUSED } from '../support/client-home.js';
import { layoutContents } from '../support/contents.js';
import { digestOf } from '../support/digest.js';
import { runnableImage, type TestImage } from '../support/images.js';
import { packages } from '../support/paths.js';
import { startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { mustRun } from '../support/run.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { Wire } from '../support/wire.js';
import { mustProgram, program } from './program.js';

const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
const INSTALL = '#!/bin/sh\necho a colour\n';

describe.each(['bearer', 'basic'])('clients in JavaScript, with a %s challenge', (challenge) => {
  let registry: Registry;
  let wire: Wire;
  let home: ClientHome;
  let image: TestImage;

  beforeAll(async () => {
    registry = await startRegistry({ LADING_CHALLENGE: challenge });
    wire = new Wire(registry);
    home = new ClientHome();
    image = runnableImage(home.path('layout'), `npm ${challenge}`);
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  const asked = (more: object) => ({ host: registry.host, user: registry.user, password: registry.password, ...more });

  describe('devcontainer', () => {
    // It speaks plain HTTP to the name localhost and to nothing else.
    const local = () => registry.host.replace('127.0.0.1', 'localhost');
    const devcontainer = (...args: string[]) => [
      process.execPath,
      join(packages('npm'), 'node_modules/@devcontainers/cli/devcontainer.js'),
      ...args,
    ];
    const publish = (name: string) => devcontainer('features', 'publish', '-r', local(), '-n', name, home.path('src'));

    beforeAll(() => {
      mkdirSync(home.path('src/color'), { recursive: true });
      const feature = { id: 'color', version: '1.2.3', name: 'Color' };
      writeFileSync(home.path('src/color/devcontainer-feature.json'), JSON.stringify(feature));
      writeFileSync(home.path('src/color/install.sh'), INSTALL, { mode: 0o755 });
      const auth = Buffer.from(`${registry.user}:${registry.password}`).toString('base64');
      writeFileSync(home.path('docker/config.json'), JSON.stringify({ auths: { [local()]: { auth } } }));
    });

    it('publishes a feature under four tags, and tells of it', async () => {
      const { stdout } = await home.run(publish('dev/features'));
      const { digest, publishedTags } = JSON.parse(stdout.trimEnd().split('\n').at(-1)!).color;
      expect(publishedTags).toEqual(['1', '1.2', '1.2.3', 'latest']);

      const feature = `${local()}/dev/features/color`;
      const tags = await home.run(devcontainer('features', 'info', 'tags', feature, '--output-format', 'json'));
      const manifest = await home.run(devcontainer('features', 'info', 'manifest', feature, '--output-format', 'json'));
      expect(JSON.parse(tags.stdout).publishedTags).toEqual(publishedTags);
      expect(JSON.parse(manifest.stdout).canonicalId).toBe(`${feature}@${digest}`);
    });

    it('puts the bytes of its folder into the registry', async () => {
      await home.run(publish('dev/bytes'));
      const contents = [...(await wire.contents('dev/bytes/color', '1.2.3')).values()];
      const manifest = JSON.parse(contents[0]!.toString()) as { layers: { digest: string }[] };
      const layer = contents.find((bytes) => digestOf(bytes) === manifest.layers[0]!.digest);
      const { stdout } = await mustRun(['tar', '-xOf', '-', './install.sh'], { input: layer });
      expect(stdout).toBe(INSTALL);
    });

    it('is refused without credentials', async () => {
      await wire.push(image.dir, 'dev/private/color', 'latest');
      const stranger = new ClientHome();
      const info = devcontainer('features', 'info', 'tags', `${local()}/dev/private/color`, '--log-level', 'trace');
      await stranger.refused(info);
    });
  });

  describe('@sigstore/oci', () => {
    const mediaType = BUNDLE;

    it('CL-CS-02: attaches to an image, sees OCI-Subject, and writes no tag in place of the list of referrers', async () => {
      const proxy = await startProxy(() => registry.url);
      const bytes = seededBytes(2_000, `sigstore ${challenge}`);
      await wire.push(image.dir, 'sigstore/app', 'v1');
      writeFileSync(home.path('bundle.json'), bytes);
      const subject = { image: `${proxy.host}/sigstore/app`, digest: image.digest };
      const file = home.path('bundle.json');
      const attached = await mustProgram<{ digest: string; subjectDigest: string }>(
        home,
        'sigstore.cjs',
        asked({ ...subject, file, mediaType }),
      );
      await proxy.close();

      expect(attached.subjectDigest).toBe(image.digest);
      expect(proxy.requests.filter(({ path }) => path.includes('/manifests/sha256-'))).toEqual([]);
      const tags = await wire.request('/v2/sigstore/app/tags/list');
      expect(await tags.json()).toEqual({ name: 'sigstore/app', tags: ['v1'] });
      const list = await wire.request(
        `/v2/sigstore/app/referrers/${image.digest}?artifactType=${encodeURIComponent(BUNDLE)}`,
      );
      const { manifests } = (await list.json()) as { manifests: object[] };
      expect(manifests).toMatchObject([{ digest: attached.digest, artifactType: BUNDLE }]);
      const contents = await wire.contents('sigstore/app', attached.digest);
      expect(contents.get(digestOf(bytes))?.equals(bytes)).toBe(true);
    });

    it('is refused with a wrong password', async () => {
      await wire.push(image.dir, 'sigstore/wrong', 'v1');
      writeFileSync(home.path('refused.json'), '{}');
      const subject = { image: `${registry.host}/sigstore/wrong`, digest: image.digest };
      const { failed } = await program(
        home,
        'sigstore.cjs',
        asked({ ...subject, password: 'wrong', file: home.path('refused.json'), mediaType }),
      );
      expect(failed).toMatch(REFUSED);
      const list = await wire.request(`/v2/sigstore/wrong/referrers/${image.digest}`);
      expect(((await list.json()) as { manifests: object[] }).manifests).toEqual([]);
    });
  });

  describe('docker-registry-client', () => {
    it("pushes an image of Docker's kind, lists its tag and reads it back, bit for bit", async () => {
      const layer = gzipSync(seededBytes(300_000, `docker-registry-client ${challenge}`));
      const config = Buffer.from(
        JSON.stringify({ os: 'linux', rootfs: { type: 'layers', diff_ids: [digestOf(gunzipSync(layer))] } }),
      );
      writeFileSync(home.path('layer.tar.gz'), layer);
      writeFileSync(home.path('config.json'), config);
      const files = { config: home.path('config.json'), layer: home.path('layer.tar.gz') };
      const done = await mustProgram<{ manifest: string; tags: string[]; found: object; layer: string }>(
        home,
        'docker-registry-client.cjs',
        asked({ name: 'drc/app', ...files }),
      );

      expect(done).toMatchObject({ tags: ['v1'], layer: digestOf(layer) });
      const contents = await wire.contents('drc/app', 'v1');
      expect([...contents.keys()]).toEqual([done.manifest, digestOf(config), digestOf(layer)]);
      expect(done.found).toEqual(JSON.parse(contents.get(done.manifest)!.toString()));
    });
  });

  describe('@snyk/docker-registry-v2-client', () => {
    it('finds an image through pages of repositories and tags, and reads manifest, config and layer', async () => {
      for (const name of ['snyk/app', 'snyk/b', 'snyk/c']) await wire.push(image.dir, name, 'v1');
      await wire.push(image.dir, 'snyk/app', 'v2');
      const found = await mustProgram<Record<string, unknown>>(
        home,
        'snyk.cjs',
        asked({ name: 'snyk/app', to: home.path('layer') }),
      );

      const contents = await layoutContents(image.dir);
      const manifest = JSON.parse(contents.get(image.digest)!.toString());
      const layer = manifest.layers[0].digest;
      expect(found.repositories).toEqual(expect.arrayContaining(['snyk/app', 'snyk/b', 'snyk/c']));
      expect(found.tags).toEqual(['v1', 'v2']);
      expect(found.manifest).toMatchObject(manifest);
      expect(found.config).toEqual(JSON.parse(contents.get(manifest.config.digest)!.toString()));
      expect([found.layer, found.downloaded]).toEqual([layer, layer]);
    });

    it('is refused with a wrong password', async () => {
      await wire.push(image.dir, 'snyk/private', 'v1');
      const { failed } = await program(
        home,
        'snyk.cjs',
        asked({ name: 'snyk/private', password: 'wrong', to: home.path('no') }),
      );
      expect(failed).toMatch(REFUSED);
    });
  });
});
