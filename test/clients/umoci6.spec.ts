import { readFileSync, writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { differences, layoutContents } from '../support/contents.js';
import { describeWith } from '../support/describe-with.js';
import { busyboxTar } from '../support/images.js';
import { blobFile, topOf } from '../support/oci-layout.js';
import { tool } from '../support/paths.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** From 0.6 on umoci's manifests and indexes name their type; crane and regctl read its layouts. */
describeWith(['umoci'], 'umoci 0.6', () => {
  let home: ClientHome;
  let made: string;
  let registry: Registry;
  let wire: Wire;

  const umoci = (...args: string[]) => home.run([tool('umoci'), ...args]);
  const at = (name: string) => `${registry.host}/umoci6/${name}:v1`;
  const regctl = (...args: string[]) => home.run([tool('regctl'), ...args]);
  const crane = (...args: string[]) => home.run([tool('crane'), ...args]);

  const CARRIERS = [
    {
      by: 'regctl',
      push: () => regctl('image', 'copy', `ocidir://${made}:v1`, at('regctl')),
      pull: (dir: string) => regctl('image', 'copy', at('regctl'), `ocidir://${dir}:v1`),
    },
    {
      by: 'crane',
      push: () => crane('push', made, at('crane')),
      pull: (dir: string) => regctl('image', 'copy', at('crane'), `ocidir://${dir}:v1`), // Crane's layouts have no names.
    },
  ];

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome();
    await regctl('registry', 'set', '--skip-check', '--tls', 'disabled', registry.host);
    for (const login of [
      ['regctl', 'registry'],
      ['crane', 'auth'],
    ] as const)
      await home.run([tool(login[0]), login[1], 'login', registry.host, '-u', registry.user, '-p', registry.password]);
    made = home.path('made');
    writeFileSync(home.path('rootfs.tar'), busyboxTar('umoci 0.6'));
    await umoci('init', '--layout', made);
    await umoci('new', '--image', `${made}:v1`);
    await umoci('raw', 'add-layer', '--image', `${made}:v1`, home.path('rootfs.tar'));
    await umoci('config', '--image', `${made}:v1`, '--config.entrypoint', '/bin/busybox');
    await umoci('gc', '--layout', made);
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  it.each(CARRIERS)(
    'makes a layout that $by pushes bit for bit, and unpacks it where it is pulled',
    async (carrier) => {
      const { digest } = topOf(made);
      expect(JSON.parse(readFileSync(blobFile(made, digest), 'utf8')).mediaType).toBe(MANIFEST);
      await carrier.push();
      const contents = await layoutContents(made);
      expect(differences(contents, await wire.contents(`umoci6/${carrier.by}`, digest))).toEqual([]);

      const pulled = home.path(`pulled-${carrier.by}`);
      await carrier.pull(pulled);
      expect(differences(contents, await layoutContents(pulled))).toEqual([]);
      await umoci('unpack', '--image', `${pulled}:v1`, `${pulled}-bundle`);
      expect(readFileSync(`${pulled}-bundle/rootfs/etc/seed`, 'utf8')).toBe('umoci 0.6');
    },
  );
});
