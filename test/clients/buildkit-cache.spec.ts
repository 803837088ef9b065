import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Buildkit } from '../support/buildkit.js';
import { ClientHome } from '../support/client-home.js';
import { describeWith } from '../support/describe-with.js';
import type { Descriptor } from '../support/oci-layout.js';
import { tool } from '../support/paths.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { Wire } from '../support/wire.js';

const OCI = 'application/vnd.oci.image';
const CACHE_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';
const LAYER = `${OCI}.layer.v1.tar+gzip`;

/** Layers of one image: about as many as an overlay file system takes. */
const MANY = 100;

describeWith(['buildctl', 'buildkitd'], "BuildKit's cache in a registry", () => {
  let buildkit: Buildkit;
  let home: ClientHome;
  let registry: Registry;
  let wire: Wire;

  const at = (name: string) => `${registry.host}/bkcache/${name}`;
  const pushed = (name: string) => ['--output', `type=image,name=${at(name)},push=true,oci-mediatypes=true`] as const;
  const imported = (name: string) => ['--import-cache', `type=registry,ref=${at(name)}`] as const;
  const exported = (name: string, image: boolean) =>
    ['--export-cache', `type=registry,ref=${at(name)},mode=max,image-manifest=${image}`] as const;

  /** A folder with so many files of random bytes, and a Dockerfile that copies each into a layer of a first stage. */
  const context = (name: string, files: number) => {
    const dir = home.path(name);
    const names = Array.from({ length: files }, (_, at) => `file-${at}`);
    mkdirSync(dir);
    for (const file of names) writeFileSync(join(dir, file), seededBytes(2_000, `${name} ${file}`));
    const copies = names.map((file) => `COPY ${file} /`);
    const lines = ['FROM scratch AS first', ...copies, 'FROM scratch', 'COPY --from=first /file-0 /last'];
    writeFileSync(join(dir, 'Dockerfile'), `${lines.join('\n')}\n`);
    return dir;
  };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    buildkit = new Buildkit([registry.host]);
    await buildkit.start();
    home = new ClientHome();
    await home.run([tool('crane'), 'auth', 'login', registry.host, '-u', registry.user, '-p', registry.password]);
  });

  afterAll(async () => {
    await registry?.stop();
    await buildkit?.stop();
    ClientHome.removeAll();
  });

  it.each([
    { what: 'an image', image: true, mediaType: `${OCI}.manifest.v1+json` },
    { what: 'an index of blobs', image: false, mediaType: `${OCI}.index.v1+json` },
  ])('CL-BK-02, CL-BK-03: starts without a cache, exports one as $what, and builds from it', async (form) => {
    const name = `form-${form.image}`;
    const dir = context(name, 3);
    const cache = `cache/${name}:main`;
    const first = await buildkit.build(
      home,
      dir,
      ...pushed(`${name}:v1`),
      ...imported(cache),
      ...exported(cache, form.image),
    );
    expect(first.log).toContain(`${at(cache)}: not found`);

    const { bytes, mediaType } = await wire.manifest(`bkcache/cache/${name}`, 'main');
    const { config, layers, manifests } = JSON.parse(bytes.toString());
    const entries: Descriptor[] = form.image ? [...layers, config] : manifests;
    expect(mediaType).toBe(form.mediaType);
    expect(entries.map((entry) => entry.mediaType)).toEqual([...Array(4).fill(LAYER), CACHE_CONFIG]);
    expect((await wire.contents(`bkcache/cache/${name}`, 'main')).size).toBe(1 + 5);

    await buildkit.prune();
    const second = await buildkit.build(home, dir, ...pushed(`${name}-again:v1`), ...imported(cache));
    expect(second.log.match(/^#\d+ CACHED$/gm)).toHaveLength(4); // Every step.
    expect(second.digest).toBe(first.digest);
    expect([...(await wire.contents(`bkcache/${name}-again`, 'v1')).keys()][0]).toBe(first.digest);
  });

  it(`CL-BK-02: exports a cache of ${MANY} layers at once`, async () => {
    const dir = context('many', MANY);
    await buildkit.build(home, dir, ...pushed('many:v1'), ...exported('cache/many:main', false));
    // Each layer, the last stage's, the configuration and what holds them together.
    expect((await wire.contents('bkcache/cache/many', 'main')).size).toBe(MANY + 1 + 1 + 1);
  });

  it('takes a cache along inside the image', async () => {
    const dir = context('inline', 2);
    const first = await buildkit.build(home, dir, ...pushed('inline:v1'), '--export-cache', 'type=inline');
    await buildkit.prune();
    const second = await buildkit.build(home, dir, ...pushed('inline:v2'), ...imported('inline:v1'));
    expect(second.log).toMatch(/^#\d+ CACHED$/m);
    expect((await wire.contents('bkcache/inline', 'v1')).has(first.digest)).toBe(true);
  });
});
