import { randomUUID } from 'node:crypto';
import type { PutManifestRequest, Scope } from '@lading/proto';
import { collectSome } from './support/collector.js';
import { freshDigest, freshName, image, index, pushed, stored } from './support/content.js';
import { Registry } from './support/registry.js';
import { agedImage, agedReferrer } from './support/scenes.js';
import { violations } from './support/violations.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterEach(async () => expect(await violations(registry)).toEqual([]));
afterAll(() => registry.close());

const put = (request: PutManifestRequest) => registry.manifests.putManifest(request);
const find = async (scope: Scope, digest: string) =>
  (await registry.manifests.findManifest({ scope, digest })).manifest;
const remove = (scope: Scope, digest: string, operationId: string = randomUUID()) =>
  registry.manifests.deleteManifest({ scope, digest, operationId });

describe('referrers (T11)', () => {
  const list = (scope: Scope, subject: string, more: object = {}) =>
    registry.manifests.listReferrers({ scope, subject, artifactTypes: [], afterId: 0, ...more });
  const sign = (scope: Scope, blob: string, subject: string, artifactType: string) =>
    image(scope, [blob], { subject, artifactType, annotations: { made: 'here' } });

  it('are listed oldest first, by type and after an id, whether or not the subject is there', async () => {
    const { scope, blob, digest } = await pushed(registry, freshName());
    const subjects = [digest, freshDigest()];
    for (const subject of subjects) {
      const [one, two] = [
        sign(scope, blob.digest, subject, 'application/a'),
        sign(scope, blob.digest, subject, 'application/b'),
      ];
      const first = await put(one);
      await put(two);
      const all = await list(scope, subject);
      expect(all.referrers.map((each) => each.manifest?.digest)).toEqual([one.digest, two.digest]);
      expect(all.referrers[0]).toMatchObject({ artifactType: 'application/a', annotations: { made: 'here' } });
      expect((await list(scope, subject, { artifactTypes: ['application/b'] })).referrers).toHaveLength(1);
      expect((await list(scope, subject, { afterId: first.manifestId })).referrers).toHaveLength(1);
    }
  });

  it('stay listed when their subject is deleted, and go when they are', async () => {
    const { scope, blob, digest } = await pushed(registry, freshName());
    const signature = sign(scope, blob.digest, digest, 'application/a');
    await put(signature);
    await remove(scope, digest);
    expect((await list(scope, digest)).referrers).toHaveLength(1);
    await remove(scope, signature.digest);
    expect((await list(scope, digest)).referrers).toEqual([]);
  });

  it('learn that their subject was there: pushed before it, after it, or while it is deleted', async () => {
    const seen = async (request: PutManifestRequest) =>
      (
        await registry.rows<{ subject_seen: boolean }>('SELECT subject_seen FROM registry.manifest WHERE digest = $1', [
          stored(request.digest),
        ])
      )[0]?.subject_seen;
    const { scope, blob } = await pushed(registry, freshName());
    const subject = image(scope, [blob.digest]);
    const [ahead, after, late] = ['a', 'b', 'c'].map((type) =>
      sign(scope, blob.digest, subject.digest, `application/${type}`),
    );
    await put(ahead!);
    expect(await seen(ahead!)).toBe(false);
    await put(subject);
    await put(after!);
    await remove(scope, subject.digest);
    await put(late!);
    expect([await seen(ahead!), await seen(after!), await seen(late!)]).toEqual([true, true, true]);
  });
});

describe('the collector of untagged manifests', () => {
  const collect = (delayMs = 0) => collectSome(registry.pools, 500, delayMs);
  beforeEach(async () => void (await registry.rows('UPDATE registry.manifest SET untagged_at = NULL')));

  it('hides what had no name for the delay, as the collector, and nothing sooner', async () => {
    const { scope, digest } = await agedImage(registry);
    await registry.rows(`UPDATE registry.manifest SET untagged_at = NULL WHERE digest <> $1`, [stored(digest)]);
    expect(await collect(2 * 3_600_000)).toBe(0);
    expect(await collect(1_000)).toBe(1);
    expect(await find(scope, digest)).toBeUndefined();
    expect(
      await registry.rows('SELECT delete_reason FROM registry.manifest WHERE digest = $1', [stored(digest)]),
    ).toEqual([{ delete_reason: 'collector' }]);
  });

  it('spares what a tag, a live or deleted index, or a subject keeps', async () => {
    const tagged = await pushed(registry, freshName(), { tags: ['v1'] });
    const child = await pushed(registry, freshName());
    const parent = index(child.scope, [child.digest], { tags: ['v1'] });
    await put(parent);
    const orphan = await pushed(registry, freshName());
    const deleted = index(orphan.scope, [orphan.digest]);
    await put(deleted);
    await remove(orphan.scope, deleted.digest);
    const signature = image(tagged.scope, [tagged.blob.digest], { subject: tagged.digest });
    await put(signature);
    const ahead = image(tagged.scope, [tagged.blob.digest], { subject: freshDigest() });
    await put(ahead);
    const kept = [tagged.digest, child.digest, parent.digest, orphan.digest, signature.digest, ahead.digest];
    await registry.rows(
      `UPDATE registry.manifest SET untagged_at = clock_timestamp() - interval '1 hour' WHERE digest = ANY($1)`,
      [kept.map(stored)],
    );
    expect(await collect()).toBe(0);
  });

  it('takes a referrer whose subject was there and is gone', async () => {
    await agedReferrer(registry);
    await registry.rows('UPDATE registry.manifest SET untagged_at = NULL WHERE subject IS NULL');
    expect(await collect()).toBeGreaterThanOrEqual(1);
  });

  it('goes on in a repository that was deleted, as if it had not been', async () => {
    const gone = await agedImage(registry);
    const due = await pushed(registry, freshName());
    await registry.rows('UPDATE registry.repository SET deleted_at = clock_timestamp() WHERE full_path = $1', [
      gone.scope.name,
    ]);
    await registry.rows('UPDATE registry.manifest SET untagged_at = NULL');
    await registry.rows(
      `UPDATE registry.manifest SET untagged_at = clock_timestamp() - interval '1 hour' WHERE digest = ANY($1)`,
      [[gone.digest, due.digest].map(stored)],
    );
    expect(await collect()).toBe(2);
    expect(await find(due.scope, due.digest)).toBeUndefined();
    await registry.rows('UPDATE registry.repository SET deleted_at = NULL');
    expect(await find(gone.scope, gone.digest)).toBeUndefined();
  });
});
