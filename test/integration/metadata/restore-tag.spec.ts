import { randomUUID } from 'node:crypto';
import { freshName, image, pushed } from './support/content.js';
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

const operationId = () => randomUUID() as string;
const find = async ({ scope }: Pick<Pushed, 'scope'>, asked: { tag?: string; digest?: string }) =>
  (await registry.manifests.findManifest({ scope, ...asked })).manifest;

describe('T3: restore of a tag', () => {
  const restoreTag = ({ scope }: Pick<Pushed, 'scope'>, tag: string, more: { operation?: string; as?: string } = {}) =>
    registry.deletions.restoreTag({ scope, tag, operationId: operationId(), ...more });
  const deleteTag = ({ scope }: Pick<Pushed, 'scope'>, tag: string, operation = operationId()) =>
    registry.manifests.deleteTag({ scope, tag, operationId: operation });

  it('puts a deleted tag back', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await deleteTag(it, 'v1');
    expect(await restoreTag(it, 'v1')).toEqual({ digest: it.digest });
    expect(await find(it, { tag: 'v1' })).toMatchObject({ digest: it.digest });
    expect(await registry.rows('SELECT 1 FROM registry.manifest WHERE untagged_at IS NOT NULL')).toEqual([]);
  });

  it('brings its manifest back where that was deleted, with this tag alone', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1', 'v2'] });
    await registry.manifests.deleteManifest({ scope: it.scope, digest: it.digest, operationId: operationId() });
    await restoreTag(it, 'v1');
    expect(await find(it, { tag: 'v1' })).toMatchObject({ digest: it.digest });
    expect(await find(it, { tag: 'v2' })).toBeUndefined();
    const told = await registry.rows('SELECT type FROM registry.outbox ORDER BY seq DESC LIMIT 2');
    expect(told).toEqual([{ type: 'dev.lading.tag.set.v1' }, { type: 'dev.lading.manifest.pushed.v1' }]);
  });

  it('moves an overwritten tag back, if it still names what it was moved to', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    const second = image(it.scope, [it.blob.digest], { tags: ['v1'] });
    await registry.manifests.putManifest(second);
    expect(await restoreTag(it, 'v1')).toEqual({ digest: it.digest });
    expect(await find(it, { tag: 'v1' })).toMatchObject({ digest: it.digest });
    const third = image(it.scope, [it.blob.digest], { tags: ['v1'] });
    await registry.manifests.putManifest(third);
    await expect(restoreTag(it, 'v1', { operation: second.operationId })).rejects.toMatchObject({ kind: 'conflict' });
    expect(await find(it, { tag: 'v1' })).toMatchObject({ digest: third.digest });
    const clocks = await registry.rows<{ n: number }>(
      'SELECT count(*)::int AS n FROM registry.manifest WHERE untagged_at IS NOT NULL',
    );
    expect(clocks).toEqual([{ n: 2 }]);
  });

  it('is refused where the name was set since, and then goes under another name', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await deleteTag(it, 'v1');
    const second = image(it.scope, [it.blob.digest], { tags: ['v1'] });
    await registry.manifests.putManifest(second);
    await expect(restoreTag(it, 'v1')).rejects.toMatchObject({ kind: 'conflict', detail: { tags: ['v1'] } });
    expect(await restoreTag(it, 'v1', { as: 'v1-old' })).toEqual({ digest: it.digest });
    expect(await find(it, { tag: 'v1' })).toMatchObject({ digest: second.digest });
  });

  it('T15: does not move a tag that is immutable by now, and brings one back that was deleted', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1', 'v2'] });
    await registry.manifests.putManifest(image(it.scope, [it.blob.digest], { tags: ['v1'] }));
    await deleteTag(it, 'v2');
    const { projectId } = it.scope as { projectId: number };
    const rules = { projectId, version: 0, tagRules: [{ id: 0, pattern: '^v' }] };
    await registry.rules.putProjectRules({ rules, operationId: operationId(), principal: 'account:1' });
    await expect(restoreTag(it, 'v1')).rejects.toMatchObject({ kind: 'denied', detail: { tag: 'v1' } });
    expect(await restoreTag(it, 'v2')).toEqual({ digest: it.digest });
  });

  it('is over after its time, and once its manifest is no more', async () => {
    const it = await pushed(registry, freshName(), { tags: ['v1'] });
    await deleteTag(it, 'v1');
    await registry.rows(`UPDATE registry.tag_history SET at = at - interval '61 minutes'`);
    await expect(restoreTag(it, 'v1')).rejects.toMatchObject({ kind: 'gone' });
    await registry.rows(`UPDATE registry.tag_history SET at = clock_timestamp()`);
    await registry.manifests.deleteManifest({ scope: it.scope, digest: it.digest, operationId: operationId() });
    await registry.rows(`UPDATE registry.manifest SET deleted_at = deleted_at - interval '61 minutes'`);
    await expect(restoreTag(it, 'v1')).rejects.toMatchObject({ kind: 'gone' });
    await registry.collection.expungeManifests({ manifestIds: [it.manifestId] });
    await expect(restoreTag(it, 'v1')).rejects.toMatchObject({ kind: 'gone' });
    await expect(restoreTag(it, 'never')).rejects.toMatchObject({ kind: 'manifestUnknown' });
  });
});
