import { readFileSync, writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { busyboxTar } from '../support/images.js';
import { topOf } from '../support/oci-layout.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Skopeo } from '../support/skopeo.js';
import { Wire } from '../support/wire.js';

/** umoci knows layouts and no registry; skopeo takes them there and back. Its manifests have no `mediaType`. */
describe('umoci', () => {
  let home: Skopeo;
  let registry: Registry;
  let wire: Wire;

  // Debian's, wherever another one stands on the PATH.
  const umoci = (...args: string[]) => home.run(['/usr/bin/umoci', ...args]);
  const at = (tag: string) => `docker://${registry.host}/umoci/app:${tag}`;

  /** A layout with an image of one layer in it, made by umoci. */
  const make = async () => {
    const dir = home.path('made');
    writeFileSync(home.path('rootfs.tar'), busyboxTar('umoci'));
    await umoci('init', '--layout', dir);
    await umoci('new', '--image', `${dir}:v1`);
    await umoci('raw', 'add-layer', '--image', `${dir}:v1`, home.path('rootfs.tar'));
    await umoci('config', '--image', `${dir}:v1`, '--config.entrypoint', '/bin/busybox');
    await umoci('gc', '--layout', dir);
    return dir;
  };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new Skopeo();
    await home.login(registry);
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('makes an image whose manifest has no type; pushed, its type is the Content-Type, and it stays bit for bit', async () => {
    const dir = await make();
    await home.run(home.copy(`oci:${dir}:v1`, at('v1')));

    const { mediaType, bytes } = await wire.manifest('umoci/app', 'v1');
    expect(JSON.parse(bytes.toString()).mediaType).toBeUndefined();
    expect(mediaType).toBe('application/vnd.oci.image.manifest.v1+json');
    const pushed = await layoutContents(dir);
    expect(differences(pushed, await wire.contents('umoci/app', topOf(dir).digest))).toEqual([]);
    await home.run(home.copy(at('v1'), `oci:${home.path('pulled')}:v1`));
    expect(differences(pushed, await layoutContents(home.path('pulled')))).toEqual([]);
  });

  it('unpacks an image that was pulled, changes it, and the next one who pulls unpacks the change', async () => {
    const [dir, bundle, again] = [home.path('pulled'), home.path('bundle'), home.path('again')];
    await umoci('unpack', '--image', `${dir}:v1`, bundle);
    expect(readFileSync(`${bundle}/rootfs/etc/seed`, 'utf8')).toBe('umoci');
    writeFileSync(`${bundle}/rootfs/etc/added`, 'later');
    await umoci('repack', '--image', `${dir}:v2`, bundle);
    await home.run(home.copy(`oci:${dir}:v2`, at('v2')));
    await home.run(home.copy(at('v2'), `oci:${again}:v2`));
    await umoci('unpack', '--image', `${again}:v2`, `${again}-bundle`);

    expect(readFileSync(`${again}-bundle/rootfs/etc/added`, 'utf8')).toBe('later');
    expect(readFileSync(`${again}-bundle/rootfs/etc/seed`, 'utf8')).toBe('umoci');
    expect(JSON.parse(await home.ask('list-tags', at('v2').replace(/:v2$/, ''))).Tags.sort()).toEqual(['v1', 'v2']);
  });
});
