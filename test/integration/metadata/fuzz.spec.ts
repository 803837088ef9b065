import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { markDamaged } from '@lading/metadata';
import { OciError } from '@lading/oci';
import type { PutManifestRequest, Scope } from '@lading/proto';
import { claimSome, collectSome, condemnSome, expungeSome, removeSomeLinks } from './support/collector.js';
import { again, freshDigest, freshName, image, index, pushed, stored, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { malformedEvents, violations } from './support/violations.js';

// Everybody at once on a handful of digests, without delays; then the rules that hold between transactions. The order
// in which the database lets them through is its own, so a seed repeats what is asked for, not how it ends.

const SEED = Number(process.env.LADING_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const RUN_MS = 5_000;
const DAMAGE_MS = 100;

/** What a client is told in the course of this: somebody else was first. */
const FAIR = new Set(['manifestBlobUnknown', 'manifestUnknown', 'blobUnknown', 'unsupported']);

type Random = (below: number) => number;

/** Mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

interface Site {
  scope: Scope;
  images: PutManifestRequest[];
  indexes: PutManifestRequest[];
}

class Fuzz {
  readonly done: Record<string, number> = {};
  readonly unexpected: string[] = [];
  private readonly until = performance.now() + RUN_MS;

  constructor(
    private readonly registry: Registry,
    private readonly blobs: readonly string[],
    private readonly sites: readonly Site[],
  ) {}

  /** One worker: the same thing again and again. */
  async repeat(name: string, seed: number, work: (random: Random) => Promise<unknown>): Promise<void> {
    const random = randomFrom(seed);
    while (performance.now() < this.until) {
      try {
        if ((await work(random)) !== 0) this.done[name] = (this.done[name] ?? 0) + 1;
      } catch (error) {
        if (!(error instanceof OciError && FAIR.has(error.kind))) this.unexpected.push(`${name}: ${error}`);
      }
    }
  }

  /** As a client does: ask for each blob, send what is missing, then the manifest. */
  async push(random: Random): Promise<void> {
    const site = this.sites[random(this.sites.length)]!;
    const put = site.images[random(site.images.length)]!;
    for (const { digest } of put.edges) await this.bring(random, site.scope, digest);
    await this.registry.manifests.putManifest(again(put, { tags: random(2) ? [`t${random(3)}`] : [] }));
  }

  async pushIndex(random: Random): Promise<void> {
    const site = this.sites[random(this.sites.length)]!;
    const put = site.indexes[random(site.indexes.length)]!;
    await this.registry.manifests.putManifest(again(put, { tags: random(3) ? [] : ['all'] }));
  }

  async remove(random: Random): Promise<void> {
    const { scope, images, indexes } = this.sites[random(this.sites.length)]!;
    const all = [...images, ...indexes];
    const operationId = randomUUID();
    const kind = random(4);
    if (kind === 0) await this.registry.manifests.deleteTag({ scope, tag: `t${random(3)}`, operationId });
    else if (kind === 1) await this.registry.blobs.deleteBlob({ scope, digest: this.anyBlob(random), operationId });
    else await this.registry.manifests.deleteManifest({ scope, digest: all[random(all.length)]!.digest, operationId });
  }

  async mount(random: Random): Promise<number> {
    const [from, to] = [this.sites[random(this.sites.length)]!, this.sites[random(this.sites.length)]!];
    const { mounted } = await this.registry.blobs.mountBlob({
      scope: to.scope,
      from: from.scope,
      digest: this.anyBlob(random),
    });
    return mounted ? 1 : 0;
  }

  /** Of a blob that is in use, as a rule; pushes bring it again, and need time to. */
  async damage(random: Random): Promise<number> {
    await sleep(DAMAGE_MS);
    const [object] = await this.registry.rows<{ id: string }>(
      `SELECT id FROM registry.blob_object WHERE digest = $1 AND state IN ('live', 'condemned')`,
      [stored(this.anyBlob(random))],
    );
    return object && (await markDamaged(this.registry.pools, object.id, 'content')) ? 1 : 0;
  }

  private async bring(random: Random, scope: Scope, digest: string): Promise<void> {
    if ((await this.registry.blobs.keepBlob({ scope, digest })).blob) return;
    const from = this.sites[random(this.sites.length)]!.scope;
    if (random(2) && (await this.registry.blobs.mountBlob({ scope, from, digest })).mounted) return;
    await upload(this.registry, scope, digest);
  }

  private anyBlob(random: Random): string {
    return this.blobs[random(this.blobs.length)]!;
  }
}

/** Images that share blobs, some of them referrers of others, and indexes of them; the same bytes at every site. */
function contentOf(scope: Scope, blobs: readonly string[]): Site {
  const body = (name: string) => ({ body: Buffer.from(`fuzz ${name}`) });
  const images = [0, 1, 2, 3].map((n) => image(scope, [blobs[n]!, blobs[n + 1]!], body(`image ${n}`)));
  const referrers = [0, 1].map((n) =>
    image(scope, [blobs[n]!], { ...body(`referrer ${n}`), subject: images[n]!.digest }),
  );
  const indexes = [0, 1].map((n) => index(scope, [images[n]!.digest, images[n + 1]!.digest], body(`index ${n}`)));
  const outer = index(scope, [indexes[0]!.digest, images[3]!.digest], body('outer'));
  return { scope, images: [...images, ...referrers], indexes: [...indexes, outer] };
}

it.each([
  ['', false],
  [', where bytes are damaged all the time', true],
])(
  `pushers, deleters, mounters and collectors at once break no rule and see no error of ours%s (seed ${SEED})`,
  async (_, damages) => {
    const registry = await Registry.open({ leaseMs: 60 });
    try {
      await registry.rows(`ALTER DATABASE ${registry.database.name} SET deadlock_timeout = '20ms'`);
      const blobs = Array.from({ length: 5 }, () => freshDigest());
      const scopes = [];
      for (let n = 0; n < 3; n += 1) scopes.push((await pushed(registry, freshName())).scope);
      const fuzz = new Fuzz(
        registry,
        blobs,
        scopes.map((scope) => contentOf(scope, blobs)),
      );
      const { pools } = registry;
      const workers: [string, (random: Random) => Promise<unknown>][] = [
        ...Array.from({ length: 4 }, (): [string, (random: Random) => Promise<unknown>] => [
          'push',
          (r) => fuzz.push(r),
        ]),
        ['index', (r) => fuzz.pushIndex(r)],
        ['index', (r) => fuzz.pushIndex(r)],
        ['delete', (r) => fuzz.remove(r)],
        ['delete', (r) => fuzz.remove(r)],
        ['mount', (r) => fuzz.mount(r)],
        ['remove links', () => removeSomeLinks(pools)],
        ['collect', () => collectSome(pools)],
        ['condemn', () => condemnSome(pools)],
        ['claim', () => claimSome(pools)],
        ['expunge', () => expungeSome(pools)],
      ];
      if (damages) workers.push(['damage', (r) => fuzz.damage(r)]);
      await Promise.all(workers.map(([name, work], n) => fuzz.repeat(name, SEED + n, work)));
      expect(fuzz.unexpected).toEqual([]);
      expect(await violations(registry)).toEqual([]);
      expect(await malformedEvents(registry)).toEqual([]);
      // Each kind of work got something done, else this proved nothing. An index needs two images that last for a moment.
      const kinds = workers.map(([name]) => name).filter((name) => !(damages && name === 'index'));
      expect(Object.keys(fuzz.done)).toEqual(expect.arrayContaining(kinds));
    } finally {
      await registry.close();
    }
  },
);
