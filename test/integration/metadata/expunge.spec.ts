import { randomUUID } from 'node:crypto';
import { Outcome } from '@lading/proto';
import { again, freshName, image, index, pushed, stored } from './support/content.js';
import { Registry } from './support/registry.js';
import { malformedEvents, violations } from './support/violations.js';

const HOUR = 3_600_000;

let registry: Registry;
beforeEach(async () => {
  registry = await Registry.open({ restoreWindowMs: HOUR, leaseMs: 3 * HOUR, untaggedDelayMs: HOUR });
});
afterEach(async () => {
  expect(await violations(registry)).toEqual([]);
  expect(await malformedEvents(registry)).toEqual([]);
  await registry.close();
});

const idOf = async (digest: string): Promise<number> =>
  (await registry.rows<{ id: number }>('SELECT id FROM registry.manifest WHERE digest = $1', [stored(digest)]))[0]
    ?.id ?? 0;
const expunge = async (...digests: string[]) => {
  const manifestIds = await Promise.all(digests.map(idOf));
  return (await registry.collection.expungeManifests({ manifestIds })).judgements;
};
const outcomes = async (...digests: string[]) => (await expunge(...digests)).map(({ outcome }) => outcome);
/** As if this had been deleted, or lost its name, so many hours ago. */
const ago = (hours: number) =>
  registry.rows(
    `UPDATE registry.manifest SET deleted_at = deleted_at - $1 * interval '1 hour',
       untagged_at = untagged_at - $1 * interval '1 hour'`,
    [hours],
  );

it('of a manifest waits for the end of the time in which it can be restored, and says when that is (T4)', async () => {
  const { scope, digest } = await pushed(registry, freshName(), { tags: ['v1'] });
  expect(await outcomes(digest)).toEqual([Outcome.OUTCOME_ABSENT]);
  await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  const [early] = await expunge(digest);
  expect(early?.outcome).toBe(Outcome.OUTCOME_LATER);
  expect(Math.abs((early?.dueAtMs ?? 0) - Date.now() - HOUR)).toBeLessThan(60_000);
  await ago(1.1);
  const id = await idOf(digest);
  expect(await outcomes(digest)).toEqual([Outcome.OUTCOME_DONE]);
  expect(await registry.rows('SELECT 1 FROM registry.manifest_edge')).toEqual([]);
  const told = await registry.rows(`SELECT data FROM registry.outbox WHERE type = 'dev.lading.manifest.expunged.v1'`);
  expect(told).toMatchObject([{ data: { digest, manifestId: id, principal: 'collector', path: scope.name } }]);
});

it('gives the blobs the lease that no HEAD gave them meanwhile (T13)', async () => {
  const { scope, digest, blob } = await pushed(registry, freshName(), { tags: ['v1'] });
  await registry.rows(`UPDATE registry.blob_link SET lease_until = clock_timestamp() - interval '1 hour'`);
  await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  await ago(1.1);
  await outcomes(digest);
  const [link] = await registry.rows<{ hours: number }>(
    `SELECT extract(epoch FROM lease_until - clock_timestamp())::float8 / 3600 AS hours FROM registry.blob_link
     WHERE object_id = $1`,
    [blob.objectId],
  );
  expect(link?.hours).toBeCloseTo(1.9, 1);
});

it('of a child waits for the index that names it, deleted though that is', async () => {
  const { scope, digest: child } = await pushed(registry, freshName());
  const parent = index(scope, [child], { tags: ['v1'] });
  await registry.manifests.putManifest(parent);
  for (const digest of [parent.digest, child])
    await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  await ago(2);
  expect(await outcomes(child)).toEqual([Outcome.OUTCOME_NEEDED]);
  expect(await outcomes(parent.digest)).toEqual([Outcome.OUTCOME_DONE]);
  expect(await outcomes(child)).toEqual([Outcome.OUTCOME_DONE]);
});

it('starts the clock of a referrer, however long that had no tag (T11)', async () => {
  const { scope, blob, digest } = await pushed(registry, freshName(), { tags: ['v1'] });
  const referrer = image(scope, [blob.digest], { subject: digest });
  await registry.manifests.putManifest(referrer);
  await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  await ago(2);
  await registry.rows(
    `UPDATE registry.manifest SET untagged_at = clock_timestamp() - interval '2 hours' WHERE subject IS NOT NULL`,
  );
  const collect = async () => {
    const { judgements } = await registry.collection.collectUntagged({ manifestIds: [await idOf(referrer.digest)] });
    return judgements.map(({ outcome }) => outcome);
  };
  expect(await collect()).toEqual([Outcome.OUTCOME_NEEDED]);
  expect(await outcomes(digest)).toEqual([Outcome.OUTCOME_DONE]);
  expect(await collect()).toEqual([Outcome.OUTCOME_LATER]);
  await ago(1.1);
  expect(await collect()).toEqual([Outcome.OUTCOME_DONE]);
});

it('finds nothing of a manifest that a push brought back (T5)', async () => {
  const { scope, digest, put } = await pushed(registry, freshName(), { tags: ['v1'] });
  await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  await ago(2);
  await registry.manifests.putManifest(again(put));
  expect(await outcomes(digest)).toEqual([Outcome.OUTCOME_ABSENT]);
});
