import { randomUUID } from 'node:crypto';
import { freshName, image, index, pushed, stored, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { hideAsCollector } from './support/scenes.js';

// A caller whose answer was lost sends the same operation again, and others may have been answered in between.

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterAll(() => registry.close());

const shown = async (scope: Awaited<ReturnType<Registry['scope']>>, what: { tag?: string; digest?: string }) =>
  (await registry.manifests.findManifest({ scope, ...what })).manifest?.digest;

describe('a push that is sent again', () => {
  it('does not bring back what was deleted in between', async () => {
    const scope = await registry.scope(freshName());
    const put = image(scope, [], { tags: ['v1'] });
    const { manifestId } = await registry.manifests.putManifest(put);
    await registry.manifests.deleteManifest({ scope, digest: put.digest, operationId: randomUUID() });
    expect(await registry.manifests.putManifest(put)).toEqual({ manifestId });
    expect(await shown(scope, { digest: put.digest })).toBeUndefined();
  });

  it('does not move a tag back that was pushed in between', async () => {
    const scope = await registry.scope(freshName());
    const [first, second] = [image(scope, [], { tags: ['v1'] }), image(scope, [], { tags: ['v1'] })];
    await registry.manifests.putManifest(first);
    await registry.manifests.putManifest(second);
    await registry.manifests.putManifest(first);
    expect(await shown(scope, { tag: 'v1' })).toBe(second.digest);
  });
});

it('a mount that is sent again does not bring back a blob that was deleted in between', async () => {
  const [from, scope] = [await registry.scope(freshName()), await registry.scope(freshName())];
  const { digest } = await upload(registry, from);
  await upload(registry, scope);
  const mount = { scope, from, digest, operationId: randomUUID() };
  expect(await registry.blobs.mountBlob(mount)).toEqual({ mounted: true });
  await registry.blobs.deleteBlob({ scope, digest, operationId: randomUUID() });
  expect(await registry.blobs.mountBlob(mount)).toEqual({ mounted: true });
  expect((await registry.blobs.findBlob({ scope, digest })).blob).toBeUndefined();
});

it('a tag that moves to a new manifest while its DELETE waits is deleted all the same', async () => {
  const { scope } = await pushed(registry, freshName(), { tags: ['v1'] });
  const other = await registry.pools.write.connect();
  try {
    await other.query('BEGIN');
    const moved = await other.query<{ id: number }>(
      `INSERT INTO registry.manifest (repository_id, digest, media_type, size, body)
       SELECT repository_id, '\\x01'::bytea || sha256('moved'), 'application/x', 0, '' FROM registry.tag t
       JOIN registry.repository r ON r.id = t.repository_id WHERE r.full_path = $1 RETURNING id`,
      [scope.name],
    );
    await other.query(
      `UPDATE registry.tag SET manifest_id = $1 WHERE name = 'v1' AND repository_id =
         (SELECT id FROM registry.repository WHERE full_path = $2)`,
      [moved.rows[0]?.id, scope.name],
    );
    const removal = registry.manifests.deleteTag({ scope, tag: 'v1', operationId: randomUUID() });
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await registry.rows(waiting)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await other.query('COMMIT');
    await removal;
  } finally {
    other.release();
  }
  expect(await shown(scope, { tag: 'v1' })).toBeUndefined();
});

it('a push by digest of what has no name starts its time anew', async () => {
  const scope = await registry.scope(freshName());
  const put = image(scope, []);
  await registry.manifests.putManifest(put);
  const age = `UPDATE registry.manifest SET untagged_at = clock_timestamp() - interval '9 hours' WHERE media_type = $1`;
  await registry.rows(age, [put.mediaType]);
  await registry.manifests.putManifest({ ...put, operationId: randomUUID() });
  const [row] = await registry.rows<{ fresh: boolean }>(
    `SELECT m.untagged_at > clock_timestamp() - interval '1 minute' AS fresh
     FROM registry.manifest m JOIN registry.repository r ON r.id = m.repository_id WHERE r.full_path = $1`,
    [scope.name],
  );
  expect(row?.fresh).toBe(true);
});

it('a child that comes back with its index is told of, before the index (T5)', async () => {
  const { scope, digest } = await pushed(registry, freshName());
  await hideAsCollector(registry, digest);
  const parent = index(scope, [digest]);
  await registry.manifests.putManifest(parent);
  const told = await registry.rows<{ subject: string; revived: boolean }>(
    `SELECT subject, (data->>'revived')::boolean AS revived FROM registry.outbox
     WHERE type = 'dev.lading.manifest.pushed.v1' AND data->>'operation' = $1 ORDER BY seq`,
    [parent.operationId],
  );
  expect(told).toEqual([
    { subject: `${scope.name}@${digest}`, revived: true },
    { subject: `${scope.name}@${parent.digest}`, revived: false },
  ]);
});

it('the same bytes under another media type are told of', async () => {
  const scope = await registry.scope(freshName());
  const put = image(scope, []);
  await registry.manifests.putManifest(put);
  const retyped = { ...put, mediaType: 'application/x', operationId: randomUUID() };
  await registry.manifests.putManifest(retyped);
  const told = await registry.rows<{ media_type: string }>(
    `SELECT data->>'mediaType' AS media_type FROM registry.outbox WHERE data->>'operation' = $1`,
    [retyped.operationId],
  );
  expect(told).toEqual([{ media_type: 'application/x' }]);
});

it('a mount that waits for a DELETE of the same blob at its target is told of', async () => {
  const [from, scope] = [await registry.scope(freshName()), await registry.scope(freshName())];
  const { digest } = await upload(registry, from);
  await upload(registry, scope, digest);
  const other = await registry.pools.write.connect();
  const operationId = randomUUID();
  try {
    await other.query('BEGIN');
    await other.query(
      `DELETE FROM registry.blob_link WHERE digest = $2 AND repository_id =
         (SELECT id FROM registry.repository WHERE full_path = $1)`,
      [scope.name, stored(digest)],
    );
    const mounting = registry.blobs.mountBlob({ scope, from, digest, operationId });
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await registry.rows(waiting)).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await other.query('COMMIT');
    expect(await mounting).toEqual({ mounted: true });
  } finally {
    other.release();
  }
  const told = await registry.rows(
    `SELECT 1 FROM registry.outbox WHERE type = 'dev.lading.blob.mounted.v1' AND subject = $1`,
    [`${scope.name}@${digest}`],
  );
  expect(told).toHaveLength(1);
});
