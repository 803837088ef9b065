import { randomUUID } from 'node:crypto';
import { collectSome, removeSomeLinks } from './support/collector.js';
import { again, freshDigest, freshName, image, index, pushed, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { emptyRepository, lapse } from './support/scenes.js';
import { malformedEvents, violations } from './support/violations.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterEach(async () => {
  expect(await violations(registry)).toEqual([]);
  expect(await malformedEvents(registry)).toEqual([]);
});
afterAll(() => registry.close());

const versions = async (repository: string) =>
  (
    await registry.rows<{ v: number }>(
      `SELECT o.aggregate_version AS v FROM registry.outbox o JOIN registry.repository r ON r.id::text = o.message_key
       WHERE r.full_path = $1 ORDER BY o.seq`,
      [repository],
    )
  ).map((row) => row.v);

it('versions of a repository have no gap under pushes, tags, uploads and deletes at once, and rise with the log (T8)', async () => {
  const { scope, blob, put, digest } = await pushed(registry, freshName());
  const work = Array.from({ length: 12 }, (_, n) => [
    () => registry.manifests.putManifest(image(scope, [blob.digest], { tags: [`t${n}`, 'latest'] })),
    () => registry.manifests.putManifest(again(put, { tags: [`again${n % 3}`] })),
    () => upload(registry, scope, freshDigest()),
    () => registry.manifests.deleteTag({ scope, tag: `t${n - 3}`, operationId: randomUUID() }).catch(() => undefined),
    () => registry.manifests.putManifest(index(scope, [digest, freshDigest()])).catch(() => undefined),
  ]);
  await Promise.all(work.flat().map((run) => run()));
  const found = await versions(scope.name);
  expect(found.length).toBeGreaterThan(40);
  // The rows of one repository are written one transaction after the other, so their numbers in the log rise too.
  expect(found).toEqual(found.map((_, n) => n + 1));
});

it('two repositories count for themselves', async () => {
  const made = await Promise.all([pushed(registry, freshName()), pushed(registry, freshName())]);
  for (const { scope } of made) expect(await versions(scope.name)).toEqual([1, 2]);
});

it('every kind of event is as the catalogue says', async () => {
  const { scope, blob, digest } = await pushed(registry, 'kinds/app', { tags: ['v1'] });
  const target = await emptyRepository(registry);
  await registry.blobs.mountBlob({ scope: target, from: scope, digest: blob.digest });
  await registry.manifests.putManifest(
    image(scope, [blob.digest], {
      subject: digest,
      artifactType: 'application/x',
      annotations: { a: 'b' },
      tags: ['v1'],
    }),
  );
  await registry.blobs.deleteBlob({ scope: target, digest: blob.digest, operationId: randomUUID() });
  await registry.manifests.deleteTag({ scope, tag: 'v1', operationId: randomUUID() });
  await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  await upload(registry, target);
  await lapse(registry);
  await removeSomeLinks(registry.pools, 500);
  await pushed(registry, freshName());
  await collectSome(registry.pools, 500);
  const types = await registry.rows<{ type: string }>('SELECT DISTINCT type FROM registry.outbox ORDER BY type');
  expect(types.map((row) => row.type.split('.').slice(2, 4).join('.'))).toEqual([
    'blob.deleted',
    'blob.mounted',
    'blob.unlinked',
    'blob.uploaded',
    'manifest.deleted',
    'manifest.pushed',
    'project.created',
    'tag.deleted',
    'tag.set',
  ]);
});

it('a refused change leaves no event and no version', async () => {
  const { scope, digest } = await pushed(registry, freshName());
  await registry.manifests.putManifest(index(scope, [digest]));
  const before = await versions(scope.name);
  const refused = [
    registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() }),
    registry.manifests.putManifest(image(scope, [freshDigest()])),
    registry.blobs.deleteBlob({ scope, digest: freshDigest(), operationId: randomUUID() }),
  ];
  const ends = await Promise.allSettled(refused);
  expect(ends.map((end) => end.status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(await versions(scope.name)).toEqual(before);
});

it('a repository deleted while a push is on its way takes no change of it', async () => {
  const { scope, blob, put } = await pushed(registry, freshName());
  const gone = freshName();
  await upload(registry, { ...scope, name: gone }, blob.digest);
  await registry.rows('UPDATE registry.repository SET deleted_at = clock_timestamp() WHERE full_path = $1', [gone]);
  // The repository is made again and does not have the blob: nothing of the old row answers for it.
  const request = again(put, { scope: { ...scope, name: gone } });
  await expect(registry.manifests.putManifest(request)).rejects.toMatchObject({ kind: 'manifestBlobUnknown' });
});
