import { writeFileSync } from 'node:fs';
import { ClientHome } from '../support/client-home.js';
import { differences } from '../support/contents.js';
import { multiArchImage, runnableImage, type TestImage } from '../support/images.js';
import { tool } from '../support/paths.js';
import { type RecordingProxy, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { Wire } from '../support/wire.js';

const SBOM = 'application/spdx+json';
const SCAN = 'application/vnd.example.scan';
const SIGNATURE = 'application/vnd.example.signature';

/** What `oras discover --format json` prints of a manifest and of each that refers to it. */
interface Found {
  digest: string;
  artifactType?: string;
  annotations?: Record<string, string>;
  referrers: Found[];
}

describe('oras and what refers to an image', () => {
  let home: ClientHome;
  let image: TestImage;
  let proxy: RecordingProxy;
  let registry: Registry;
  let wire: Wire;

  const oras = async (...args: string[]) => (await home.run([tool('oras'), ...args], { cwd: home.dir })).stdout;
  const at = (name: string) => `${proxy.host}/oref/${name}`;

  /** Attaches a file and returns the digest of the manifest that refers to the subject. */
  const attach = async (type: string, subject: string, ...args: string[]) => {
    const printed = await oras('attach', '--plain-http', '--artifact-type', type, subject, ...args);
    return /^Digest: (.+)$/m.exec(printed)![1]!;
  };
  const discover = async (reference: string, ...flags: string[]) =>
    JSON.parse(await oras('discover', '--plain-http', '--format', 'json', ...flags, reference)) as Found;
  const names = ({ digest, referrers }: Found): unknown => [digest, referrers.map(names)];

  /** Pushes the image with a scan, an SBOM and a signature of the SBOM. */
  const fill = async (repository: string) => {
    await wire.push(image.dir, `oref/${repository}`, 'v1');
    const sbom = await attach(SBOM, at(`${repository}:v1`), 'file.json:application/json');
    const signature = await attach(SIGNATURE, at(`${repository}@${sbom}`), 'file.json:text/plain');
    const scan = await attach(SCAN, at(`${repository}:v1`), '--annotation', 'found=nothing');
    return { sbom, signature, scan };
  };

  beforeAll(async () => {
    registry = await startRegistry();
    proxy = await startProxy(() => registry.url);
    wire = new Wire(registry);
    home = new ClientHome();
    image = runnableImage(home.path('layout'), 'oras referrers');
    writeFileSync(home.path('file.json'), '{"a":"file"}');
    const login = [tool('oras'), 'login', '--plain-http', '-u', registry.user, '--password-stdin', proxy.host];
    await home.run(login, { input: registry.password });
  });

  afterAll(async () => {
    await proxy?.close();
    await registry?.stop();
    ClientHome.removeAll();
  });

  it('CL-OR-07, REF-19: attaches without touching a fallback tag, and discovers what refers to what refers', async () => {
    const since = proxy.requests.length;
    const { sbom, signature, scan } = await fill('attach');
    const puts = proxy.requests
      .slice(since)
      .filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/'));
    expect(puts.map(({ path }) => path.split('/').at(-1))).toEqual([sbom, signature, scan]);

    const found = await discover(at('attach:v1'));
    expect(names(found)).toEqual([
      image.digest,
      [
        [sbom, [[signature, []]]],
        [scan, []],
      ],
    ]);
    expect(found.referrers.map(({ artifactType }) => artifactType)).toEqual([SBOM, SCAN]);
    expect(found.referrers[1]!.annotations).toMatchObject({ found: 'nothing' });
    expect(await wire.tags('oref/attach')).toEqual(['v1']);
  });

  it('CL-OR-07, REF-07: discovers one type of artifact, which the registry chooses', async () => {
    const { scan } = await fill('filter');
    const since = proxy.requests.length;
    expect(names(await discover(at('filter:v1'), '--artifact-type', SCAN))).toEqual([image.digest, [[scan, []]]]);
    const lists = proxy.requests
      .slice(since)
      .filter(({ path, status }) => path.includes('/referrers/') && status === 200);
    expect(lists[0]!.path).toBe(`/v2/oref/filter/referrers/${image.digest}?artifactType=${encodeURIComponent(SCAN)}`);
  });

  it('REF-12: finds a referrer no more once it is deleted, nor what referred to it', async () => {
    const { sbom, scan } = await fill('deleted');
    await oras('manifest', 'delete', '--plain-http', '-f', at(`deleted@${sbom}`));
    expect(names(await discover(at('deleted:v1')))).toEqual([image.digest, [[scan, []]]]);
  });

  it('attaches to one platform of an index, and to the index', async () => {
    const multi = multiArchImage(home.path('multi'), 'oras referrers multi');
    await wire.push(multi.dir, 'oref/multi', 'v1');
    const arm = await attach(SBOM, at('multi:v1'), '--platform', 'linux/arm64', 'file.json');
    const all = await attach(SBOM, at('multi:v1'), 'file.json');
    const ofIndex = (await wire.referrers('oref/multi', multi.digest)).map(({ digest }) => digest);
    expect(ofIndex).toEqual([all]);
    const found = await discover(at('multi:v1'), '--platform', 'linux/arm64');
    expect(found.referrers.map(({ digest }) => digest)).toEqual([arm]);
  });

  it.each([
    { way: 'to another repository', through: undefined },
    { way: 'to a folder and back', through: 'folder' },
  ])('CL-OR-07: copies an image with all that refers to it $way', async ({ through }) => {
    const name = `copy-${through}`;
    await fill(name);
    const from = through ? ['--from-oci-layout', `${through}:v1`] : ['--from-plain-http', at(`${name}:v1`)];
    if (through) await oras('copy', '-r', '--from-plain-http', '--to-oci-layout', at(`${name}:v1`), `${through}:v1`);
    await oras('copy', '-r', '--to-plain-http', ...from, at(`${name}-copy:v1`));
    const copied = await wire.closure(`oref/${name}-copy`, 'v1');
    expect(differences(await wire.closure(`oref/${name}`, 'v1'), copied)).toEqual([]);
  });

  it('CL-OR-07: backs up tags with their referrers to a file, and restores them elsewhere', async () => {
    await fill('backup');
    await oras('tag', '--plain-http', at('backup:v1'), 'v2');
    const file = home.path('backup.tar');
    await oras('backup', '--plain-http', '--include-referrers', '--output', file, at('backup:v1,v2'));
    await oras('restore', '--plain-http', '--input', file, at('restored'));
    expect(await wire.tags('oref/restored')).toEqual(['v1', 'v2']);
    for (const tag of ['v1', 'v2']) {
      const restored = await wire.closure('oref/restored', tag);
      expect(differences(await wire.closure('oref/backup', tag), restored)).toEqual([]);
    }
  });
});
