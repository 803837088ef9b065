import { randomUUID } from 'node:crypto';
import { again, edge, freshName, image, index, pushed, stored } from './support/content.js';
import { Registry } from './support/registry.js';
import { malformedEvents, violations } from './support/violations.js';

let registry: Registry;
beforeEach(async () => {
  registry = await Registry.open();
});
afterEach(async () => {
  expect(await violations(registry)).toEqual([]);
  expect(await malformedEvents(registry)).toEqual([]);
  await registry.close();
});

type Pushed = Awaited<ReturnType<typeof pushed>>;

const remove = ({ scope }: Pick<Pushed, 'scope'>, digest: string) =>
  registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
const restore = (
  { scope }: Pick<Pushed, 'scope'>,
  digest: string,
  operationId: string = randomUUID(),
  withoutTags = false,
) => registry.manifests.restoreManifest({ scope, digest, operationId, withoutTags });
const find = async ({ scope }: Pick<Pushed, 'scope'>, asked: { tag?: string; digest?: string }) =>
  (await registry.manifests.findManifest({ scope, ...asked })).manifest;

describe('T3: restore of a manifest', () => {
  it('brings it back with the tags that its delete took, its id and its blobs', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1', 'latest'] });
    const before = await find(it, { tag: 'v1' });
    await remove(it, it.digest);
    expect(await restore(it, it.digest)).toEqual({ tags: ['latest', 'v1'] });
    for (const tag of ['v1', 'latest']) expect(await find(it, { tag })).toEqual(before);
    const told = await registry.rows<{ type: string }>('SELECT type FROM registry.outbox ORDER BY seq DESC LIMIT 3');
    expect(told.map(({ type }) => type)).toEqual([
      'dev.lading.tag.set.v1',
      'dev.lading.tag.set.v1',
      'dev.lading.manifest.pushed.v1',
    ]);
  });

  it('leaves tags deleted that were deleted before it', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1', 'old'] });
    await registry.manifests.deleteTag({ scope: it.scope, tag: 'old', operationId: randomUUID() });
    await remove(it, it.digest);
    expect(await restore(it, it.digest)).toEqual({ tags: ['v1'] });
    expect(await find(it, { tag: 'old' })).toBeUndefined();
  });

  it('refuses where a tag names something else by now, restores nothing then, and all but the tags if asked', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1', 'free'] });
    await remove(it, it.digest);
    await registry.manifests.putManifest(image(it.scope, [it.blob.digest], { tags: ['v1'] }));
    await expect(restore(it, it.digest)).rejects.toMatchObject({ kind: 'conflict', detail: { tags: ['v1'] } });
    expect(await find(it, { digest: it.digest })).toBeUndefined();
    expect(await find(it, { tag: 'free' })).toBeUndefined();
    expect(await restore(it, it.digest, randomUUID(), true)).toEqual({ tags: [] });
    expect(await find(it, { digest: it.digest })).toBeDefined();
  });

  it('shows a blob again that was deleted after it', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const { digest } = it.blob;
    await remove(it, it.digest);
    await registry.blobs.deleteBlob({ scope: it.scope, digest, operationId: randomUUID() });
    expect((await registry.blobs.findBlob({ scope: it.scope, digest })).blob).toBeUndefined();
    await restore(it, it.digest);
    expect((await registry.blobs.findBlob({ scope: it.scope, digest })).blob).toBeDefined();
  });

  it('T12: is found by an index that was pushed meanwhile and may lack it', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await remove(it, it.digest);
    const parent = index(it.scope, [], { edges: [edge(it.digest, 'entry', false)], tags: ['index'] });
    const { manifestId } = await registry.manifests.putManifest(parent);
    await restore(it, it.digest);
    expect(
      await registry.rows('SELECT child_id FROM registry.manifest_edge WHERE manifest_id = $1', [manifestId]),
    ).toEqual([{ child_id: it.manifestId }]);
  });

  it('T12: shows a blob to a manifest that was pushed meanwhile and may lack it', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const { digest, objectId } = it.blob;
    await remove(it, it.digest);
    await registry.blobs.deleteBlob({ scope: it.scope, digest, operationId: randomUUID() });
    const other = image(it.scope, [], { edges: [edge(digest, 'blob', false)], tags: ['other'] });
    const { manifestId } = await registry.manifests.putManifest(other);
    await restore(it, it.digest);
    expect(
      await registry.rows('SELECT object_id FROM registry.manifest_edge WHERE manifest_id = $1', [manifestId]),
    ).toEqual([{ object_id: objectId }]);
  });

  it('of an index brings its deleted children back, whoever deleted them, and leaves live ones as they are', async () => {
    const it = await pushed(registry, freshName());
    const children = [image(it.scope, [it.blob.digest]), image(it.scope, [it.blob.digest])] as const;
    for (const child of children) await registry.manifests.putManifest(child);
    const digests = [it.digest, ...children.map(({ digest }) => digest)];
    const parent = index(it.scope, digests, { tags: ['v1'] });
    await registry.manifests.putManifest(parent);
    await remove(it, parent.digest);
    await remove(it, children[0].digest);
    await registry.rows(
      `UPDATE registry.manifest SET deleted_at = clock_timestamp(), delete_reason = 'collector' WHERE digest = $1`,
      [stored(children[1].digest)],
    );
    expect(await restore(it, parent.digest)).toEqual({ tags: ['v1'] });
    for (const digest of digests) expect(await find(it, { digest })).toBeDefined();
    const clocks = await registry.rows('SELECT 1 FROM registry.manifest WHERE untagged_at IS NOT NULL');
    expect(clocks).toEqual([]);
  });

  it('starts its time without a name anew, where no tag comes back', async () => {
    const it = await pushed(registry, freshName());
    await registry.rows(`UPDATE registry.manifest SET untagged_at = '2020-01-01Z'`);
    await remove(it, it.digest);
    await restore(it, it.digest);
    const [row] = await registry.rows<{ fresh: boolean }>(
      `SELECT untagged_at > clock_timestamp() - interval '1 minute' AS fresh FROM registry.manifest`,
    );
    expect(row?.fresh).toBe(true);
  });

  it('is over after its time, though the collector was not there yet', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await remove(it, it.digest);
    await registry.rows(`UPDATE registry.manifest SET deleted_at = deleted_at - interval '61 minutes'`);
    await expect(restore(it, it.digest)).rejects.toMatchObject({ kind: 'gone' });
  });

  it('is refused for what is live, or was never there', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await expect(restore(it, it.digest)).rejects.toMatchObject({ kind: 'manifestUnknown' });
    await expect(restore(it, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ kind: 'manifestUnknown' });
  });

  it('asked twice with one operation is done once, and answers the same', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await remove(it, it.digest);
    const operation = randomUUID();
    const first = await restore(it, it.digest, operation);
    await remove(it, it.digest);
    expect(await restore(it, it.digest, operation)).toEqual(first);
    expect(await find(it, { digest: it.digest })).toBeUndefined();
  });

  it('after a push that brought it back finds nothing to do', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await remove(it, it.digest);
    await registry.manifests.putManifest(again(it.put, { tags: [] }));
    await expect(restore(it, it.digest)).rejects.toMatchObject({ kind: 'manifestUnknown' });
  });
});
