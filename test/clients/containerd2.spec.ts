import { mkdirSync, writeFileSync } from 'node:fs';
import { eventually } from '../protocol/support/eventually.js';
import { openFiles } from '../protocol/support/open-files.js';
import { ClientHome } from '../support/client-home.js';
import { type Containerd, containerd2, startContainerd } from '../support/containerd.js';
import { differences, layoutContents } from '../support/contents.js';
import { describeWith } from '../support/describe-with.js';
import { randomImage, type TestImage, zstdImage } from '../support/images.js';
import { type ProxiedRequest, startProxy } from '../support/proxy.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { run } from '../support/run.js';
import { Wire } from '../support/wire.js';
import { SAMPLES } from './samples.js';

/** Bytes that each of the parallel requests for a layer takes before it is cut off. */
const PIECE = 1_048_576;

const WAYS = [
  { way: 'in one stream', transfer: [] },
  { way: 'in parallel ranges', transfer: [`concurrent_layer_fetch_buffer = ${PIECE}`, 'max_concurrent_downloads = 4'] },
];

const isBlobGet = ({ method, path }: ProxiedRequest) => method === 'GET' && path.includes('/blobs/sha256:');

describeWith(['containerd-2', 'ctr-2'], 'containerd 2', () => {
  let home: ClientHome;
  let registry: Registry;
  let wire: Wire;
  let large: TestImage;
  let daemon: Containerd;

  const asAdmin = () => ['--plain-http', '--user', `${registry.user}:${registry.password}`];
  const at = (name: string, host = registry.host) => `${host}/ctr2/${name}`;
  const ctr = (...args: string[]) => home.run(daemon.ctr(...args));

  beforeAll(async () => {
    registry = await startRegistry();
    wire = new Wire(registry);
    home = new ClientHome();
    large = randomImage(home.path('large'), 'containerd 2', [12e6, 9e6]);
    await wire.push(large.dir, 'ctr2/large', 'v1');
  });

  afterAll(async () => {
    await registry?.stop();
    ClientHome.removeAll();
  });

  describe.each(WAYS)('which pulls layers $way', ({ way, transfer }) => {
    const samples = [...SAMPLES, { what: 'an image with zstd layers', name: 'zstd', make: zstdImage }];
    const slug = way.replaceAll(' ', '-');

    beforeAll(async () => {
      daemon = await startContainerd(containerd2(transfer));
    });

    afterAll(() => daemon?.stop());

    it.each(samples)('CL-CTD-01, CL-CTD-02: pulls and pushes $what, bit for bit', async (sample) => {
      const { dir, digest } = sample.make(home.path(`${slug}-${sample.name}`), `ctr2 ${way} ${sample.name}`);
      const [from, to] = [`${slug}/from-${sample.name}`, `${slug}/to-${sample.name}`];
      await wire.push(dir, `ctr2/${from}`, 'v1');
      await ctr('images', 'pull', ...asAdmin(), '--all-platforms', at(`${from}:v1`));
      await ctr('images', 'tag', at(`${from}:v1`), at(`${to}:v1`));
      await ctr('images', 'push', ...asAdmin(), at(`${to}:v1`));

      const original = await layoutContents(dir);
      expect(differences(original, await daemon.stored(dir))).toEqual([]);
      expect(differences(original, await wire.contents(`ctr2/${to}`, digest))).toEqual([]);
    });

    it('pushes an image that came from a file', async () => {
      const name = `${slug}/imported`;
      const { dir, digest } = randomImage(home.path(`imported-${slug}`), `ctr2 imported ${way}`, [3e6, 1e6]);
      const archive = home.path(`${slug}.tar`);
      await home.run(['tar', '-C', dir, '-cf', archive, '.']);
      await ctr('images', 'import', '--base-name', at(name), '--no-unpack', archive);
      await ctr('images', 'push', ...asAdmin(), at(`${name}:v1`));
      expect(differences(await layoutContents(dir), await wire.contents(`ctr2/${name}`, digest))).toEqual([]);
    });

    it('BLOB-12: goes on where the connection broke, and what it pulled is whole', async () => {
      const broken = new Set<string>();
      const cutAfter = (request: ProxiedRequest) => {
        if (!isBlobGet(request) || broken.has(request.path)) return undefined;
        broken.add(request.path);
        return 300_000;
      };
      const proxy = await startProxy(() => registry.url, { cutAfter });
      const name = `broken-${slug}`;
      const { dir } = randomImage(home.path(name), `ctr2 ${name}`, [5e6]);
      await wire.push(dir, `ctr2/${name}`, 'v1');
      await ctr('images', 'pull', ...asAdmin(), at(`${name}:v1`, proxy.host));

      expect(differences(await layoutContents(dir), await daemon.stored(dir))).toEqual([]);
      const again = proxy.requests.filter(({ headers }) => /^bytes=3\d{5}-/.test(headers.range ?? ''));
      expect(again.map(({ status }) => status)).toEqual([206]);
      await proxy.close();
    });
  });

  describe('which pulls by many ranges at once', () => {
    beforeAll(async () => {
      daemon = await startContainerd(containerd2(WAYS[1]!.transfer));
    });

    afterAll(() => daemon?.stop());

    it('CL-CTD-09, BLOB-11: gets every piece, cuts each answer off, and leaves no file open behind', async () => {
      const proxy = await startProxy(() => registry.url);
      const before = openFiles(registry);
      await ctr('images', 'pull', ...asAdmin(), at('large:v1', proxy.host));

      const ranges = proxy.requests.filter((request) => isBlobGet(request) && request.headers.range !== undefined);
      expect(new Set(ranges.map(({ status }) => status))).toEqual(new Set([206]));
      expect(ranges.length).toBeGreaterThanOrEqual(Math.ceil(12e6 / PIECE) + Math.ceil(9e6 / PIECE));
      for (const { headers } of ranges) expect(headers.range).toMatch(/^bytes=\d+-$/);
      expect(differences(await layoutContents(large.dir), await daemon.stored(large.dir))).toEqual([]);
      await proxy.close();
      await eventually('files and connections closed', () => {
        const { all, blobs } = openFiles(registry);
        // Ten more to the database are none of its readers, of which there were more than twenty.
        return blobs <= before.blobs && all <= before.all + 10 ? true : undefined;
      });
    });

    it('CL-CTD-04: asks for a token by POST and mounts blobs of another repository with it', async () => {
      const proxy = await startProxy(() => registry.url);
      await ctr('images', 'pull', ...asAdmin(), at('large:v1', proxy.host));
      await ctr('images', 'tag', at('large:v1', proxy.host), at('mounted:v1', proxy.host));
      await ctr('images', 'push', ...asAdmin(), at('mounted:v1', proxy.host));

      const tokens = proxy.requests.filter(({ path }) => path.startsWith('/token'));
      if (process.env.LADING_CHALLENGE === 'basic') expect(tokens).toEqual([]);
      else {
        expect(new Set(tokens.map(({ method }) => method))).toEqual(new Set(['POST']));
        const last = new URLSearchParams(tokens.at(-1)!.form);
        expect(last.get('grant_type')).toBe('password');
        expect(last.get('scope')!.split(' ')).toEqual(
          expect.arrayContaining(['repository:ctr2/large:pull', 'repository:ctr2/mounted:pull,push']),
        );
      }
      const mounts = proxy.requests.filter(({ path, status }) => path.includes('from=ctr2/large') && status !== 401);
      expect(mounts.map(({ status }) => status)).toEqual([201, 201, 201]);
      expect(differences(await layoutContents(large.dir), await wire.contents('ctr2/mounted', 'v1'))).toEqual([]);
      await proxy.close();
    });

    it('CL-CTD-08: pulls from a mirror, which it tells the name of the registry that it stands for', async () => {
      const proxy = await startProxy(() => registry.url);
      const hosts = home.path('hosts');
      mkdirSync(`${hosts}/other.example`, { recursive: true });
      writeFileSync(
        `${hosts}/other.example/hosts.toml`,
        `server = "${proxy.url}"\n[host."${proxy.url}"]\n  capabilities = ["pull", "resolve"]\n`,
      );
      const { dir } = randomImage(home.path('mirrored'), 'ctr2 mirrored', [2e6]);
      await wire.push(dir, 'ctr2/mirrored', 'v1');
      const pull = (name: string) =>
        daemon.ctr('images', 'pull', '--hosts-dir', hosts, '--user', `${registry.user}:${registry.password}`, name);
      await home.run(pull('other.example/ctr2/mirrored:v1'));
      expect(differences(await layoutContents(dir), await daemon.stored(dir))).toEqual([]);
      const asked = proxy.requests.filter(({ path }) => path.startsWith('/v2/') && !path.includes('ns=other.example'));
      expect(asked).toEqual([]);

      const { code, stderr } = await run(pull('other.example/ctr2/unknown:v1'), { env: home.env });
      expect([code, stderr]).toEqual([1, expect.stringContaining('not found')]);
      await proxy.close();
    });

    it('is refused a pull and a push with a wrong password and without one', async () => {
      await ctr('content', 'fetch', ...asAdmin(), at('large:v1'));
      await ctr('images', 'tag', at('large:v1'), at('private:v2'));
      for (const who of [['--plain-http'], ['--plain-http', '--user', `${registry.user}:${registry.password}x`]]) {
        await home.refused(daemon.ctr('images', 'pull', ...who, at('large:v1')));
        await home.refused(daemon.ctr('images', 'push', ...who, at('private:v2')));
      }
      expect(await wire.manifestStatus('ctr2/private', 'v2')).toBe(404);
    });
  });
});
