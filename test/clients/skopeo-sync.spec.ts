import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { multiArchImage, randomImage, type TestImage } from '../support/images.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Skopeo } from '../support/skopeo.js';
import { Wire } from '../support/wire.js';

describe('skopeo sync', () => {
  let home: Skopeo;
  let multi: TestImage;
  let small: TestImage;
  let registry: Registry;
  let wire: Wire;

  /** The registry holds `sync/multi`, an index under one tag, and `sync/small`, an image under three. */
  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new Skopeo();
    multi = multiArchImage(home.path('layout-multi'), 'skopeo sync');
    small = randomImage(home.path('layout-small'), 'skopeo sync small', [1_000]);
    await wire.push(multi.dir, 'sync/multi', 'v1');
    for (const tag of ['1.0', '1.1', 'latest']) await wire.push(small.dir, 'sync/small', tag);
    await home.login(registry);
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  /** What keeps a repository from holding `image` under `tag`, bit for bit. */
  const lacks = async (image: TestImage, repository: string, tag: string) =>
    differences(await layoutContents(image.dir), await wire.contents(repository, tag));

  it('CL-CI-07: takes every tag of a repository to a folder, and the folder to another repository', async () => {
    const [{ host }, folder] = [registry, home.path('taken')];
    await home.run(home.sync('docker', 'dir', `${host}/sync/small`, folder));
    for (const tag of ['1.0', '1.1', 'latest']) expect(existsSync(`${folder}/small:${tag}/manifest.json`)).toBe(true);
    await home.run(home.sync('dir', 'docker', folder, `${host}/sync-back`));

    for (const tag of ['1.0', '1.1', 'latest']) expect(await lacks(small, 'sync-back/small', tag)).toEqual([]);
  });

  it('CL-CI-07: keeps the paths below a folder with --scoped, and every platform of an index', async () => {
    const tree = home.path('tree');
    mkdirSync(tree);
    await home.run(home.sync('docker', 'dir', `${registry.host}/sync/multi`, `${tree}/team`));
    await home.run(home.sync('dir', 'docker', tree, `${registry.host}/scoped`, '--scoped'));

    expect(await lacks(multi, 'scoped/team/multi', 'v1')).toEqual([]);
  });

  it('CL-CI-07: copies between registries what a YAML file names, by tag and by pattern', async () => {
    const file = home.path('sync.yaml');
    writeFileSync(
      file,
      `${registry.host}:
  tls-verify: false
  images:
    sync/multi: [v1]
  images-by-tag-regex:
    sync/small: ^1\\.
`,
    );
    await home.run(home.sync('yaml', 'docker', file, `${registry.host}/yaml`));

    expect(await lacks(multi, 'yaml/multi', 'v1')).toEqual([]);
    for (const tag of ['1.0', '1.1']) expect(await lacks(small, 'yaml/small', tag)).toEqual([]);
    expect(await wire.manifestStatus('yaml/small', 'latest')).toBe(404);
  });
});
