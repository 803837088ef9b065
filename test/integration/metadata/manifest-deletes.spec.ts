import { randomUUID } from 'node:crypto';
import type { PutManifestRequest, Scope } from '@lading/proto';
import { again, freshName, image, index, pushed, stored, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { violations } from './support/violations.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterEach(async () => expect(await violations(registry)).toEqual([]));
afterAll(() => registry.close());

const put = (request: PutManifestRequest) => registry.manifests.putManifest(request);
const remove = (scope: Scope, digest: string, operationId: string = randomUUID()) =>
  registry.manifests.deleteManifest({ scope, digest, operationId });
const versionOf = async (scope: Scope) =>
  (
    await registry.rows<{ version: number }>('SELECT version FROM registry.repository WHERE full_path = $1', [
      scope.name,
    ])
  )[0]!.version;

describe('DELETE of a manifest', () => {
  it('is refused while a live index names it, with the index and a word on its tags', async () => {
    const { scope, digest } = await pushed(registry, freshName(), { tags: ['v1'] });
    const parent = index(scope, [digest]);
    await put(parent);
    await expect(remove(scope, digest)).rejects.toMatchObject({
      kind: 'unsupported',
      detail: { index: parent.digest },
      message: expect.stringMatching(/tags can be deleted/),
    });
    await registry.manifests.deleteTag({ scope, tag: 'v1', operationId: randomUUID() });
    await expect(remove(scope, digest)).rejects.toMatchObject({ message: expect.not.stringMatching(/tags/) });
    await remove(scope, parent.digest);
    await remove(scope, digest);
  });

  it('is not refused for an index that has only fallback tags, and is for one that has another too', async () => {
    const { scope, digest } = await pushed(registry, freshName());
    const fallback = `sha256-${'a'.repeat(64)}`;
    const parent = index(scope, [digest], { tags: [fallback, 'mine'] });
    await put(parent);
    await expect(remove(scope, digest)).rejects.toMatchObject({ kind: 'unsupported' });
    await registry.manifests.deleteTag({ scope, tag: 'mine', operationId: randomUUID() });
    await remove(scope, digest);
  });

  it('takes all its tags, notes their history, and starts the clock of children that lost their last parent', async () => {
    const { scope, digest } = await pushed(registry, freshName());
    const parent = index(scope, [digest], { tags: ['b', 'a'] });
    const { manifestId } = await put(parent);
    await put(index(scope, [digest]));
    const version = await versionOf(scope);
    await remove(scope, parent.digest);
    const [event] = await registry.rows<{ data: object }>(
      `SELECT data FROM registry.outbox WHERE type = 'dev.lading.manifest.deleted.v1' AND aggregate_version = $1 AND subject = $2`,
      [version + 1, `${scope.name}@${parent.digest}`],
    );
    expect(event?.data).toMatchObject({ tags: ['a', 'b'], reason: 'request', manifestId });
    expect(await registry.manifests.listTags({ scope, after: '', limit: 9 })).toEqual({ tags: [], more: false });
    const gone = await registry.rows(
      'SELECT name FROM registry.tag_history WHERE from_manifest_id = $1 AND to_manifest_id IS NULL',
      [manifestId],
    );
    expect(gone).toHaveLength(2);
    const clock = () =>
      registry.rows('SELECT untagged_at IS NOT NULL AS runs FROM registry.manifest WHERE digest = $1', [
        stored(digest),
      ]);
    expect(await clock()).toEqual([{ runs: false }]);
    const [last] = await registry.rows<{ digest: Buffer; id: number }>(
      `SELECT m.id FROM registry.manifest m JOIN registry.manifest_edge e ON e.manifest_id = m.id
       WHERE e.digest = $1 AND m.deleted_at IS NULL`,
      [stored(digest)],
    );
    const { manifest } = await registry.manifests.findManifest({ scope, digest: await digestOfId(last!.id) });
    await remove(scope, manifest!.digest);
    expect(await clock()).toEqual([{ runs: true }]);
  });

  it('answers the same operation again as the first time, and another one with 404', async () => {
    const { scope, digest } = await pushed(registry, freshName());
    const operation = randomUUID();
    await remove(scope, digest, operation);
    const version = await versionOf(scope);
    await remove(scope, digest, operation);
    expect(await versionOf(scope)).toBe(version);
    await expect(remove(scope, digest)).rejects.toMatchObject({ kind: 'manifestUnknown' });
  });

  it('sent again does not take what was pushed since', async () => {
    const { scope, digest, put: request } = await pushed(registry, freshName(), { tags: ['v1'] });
    const [manifest, tag, blob] = [randomUUID(), randomUUID(), randomUUID()];
    const loose = await upload(registry, scope);
    const deletes = async () => {
      await registry.manifests.deleteTag({ scope, tag: 'v1', operationId: tag });
      await remove(scope, digest, manifest);
      await registry.blobs.deleteBlob({ scope, digest: loose.digest, operationId: blob });
    };
    await deletes();
    await put(again(request, { tags: ['v1'] }));
    await upload(registry, scope, loose.digest);
    await deletes();
    expect((await registry.manifests.findManifest({ scope, tag: 'v1' })).manifest?.digest).toBe(digest);
    expect((await registry.blobs.findBlob({ scope, digest: loose.digest })).blob).toBeDefined();
  });

  const digestOfId = async (id: number) => {
    const [row] = await registry.rows<{ digest: string }>(
      `SELECT 'sha256:' || encode(substr(digest, 2), 'hex') AS digest FROM registry.manifest WHERE id = $1`,
      [id],
    );
    return row!.digest;
  };
});

describe('tags', () => {
  const history = (scope: Scope) =>
    registry.rows<{ name: string; from: number | null; to: number | null }>(
      `SELECT h.name, h.from_manifest_id AS from, h.to_manifest_id AS to FROM registry.tag_history h
       JOIN registry.repository r ON r.id = h.repository_id WHERE r.full_path = $1 ORDER BY h.id`,
      [scope.name],
    );

  it('move, with a history of from and to and an event that names the manifest left', async () => {
    const { scope, blob, manifestId } = await pushed(registry, freshName(), { tags: ['v1'] });
    const next = await put(image(scope, [blob.digest], { tags: ['v1'] }));
    await registry.manifests.deleteTag({ scope, tag: 'v1', operationId: randomUUID() });
    expect(await history(scope)).toEqual([
      { name: 'v1', from: null, to: manifestId },
      { name: 'v1', from: manifestId, to: next.manifestId },
      { name: 'v1', from: next.manifestId, to: null },
    ]);
    const events = await registry.rows<{ data: { previousManifestId?: number } }>(
      `SELECT data FROM registry.outbox WHERE subject = $1 ORDER BY seq`,
      [`${scope.name}:v1`],
    );
    expect(events.map((event) => event.data.previousManifestId)).toEqual([undefined, manifestId, undefined]);
  });

  it('MAN-45: pushed and deleted by many at once, have one history without a gap that ends where they are', async () => {
    const { scope, blob } = await pushed(registry, freshName(), { tags: ['v1'] });
    const remove = () =>
      registry.manifests
        .deleteTag({ scope, tag: 'v1', operationId: randomUUID() })
        .catch((error) => expect(error).toMatchObject({ kind: 'manifestUnknown' }));
    const move = () => put(image(scope, [blob.digest], { tags: ['v1'] }));
    await Promise.all(Array.from({ length: 20 }, (_, n) => (n % 4 === 3 ? remove() : move())));
    const steps = await history(scope);
    expect(steps.map(({ from }) => from)).toEqual([null, ...steps.slice(0, -1).map(({ to }) => to)]);
    const [tag] = await registry.rows<{ manifest_id: number }>(
      `SELECT t.manifest_id FROM registry.tag t JOIN registry.repository r ON r.id = t.repository_id
       WHERE r.full_path = $1`,
      [scope.name],
    );
    expect(steps.at(-1)?.to).toBe(tag?.manifest_id ?? null);
    expect(steps.filter(({ to }) => to !== null)).toHaveLength(16);
  });

  it('set again to the same manifest are no event; after a minute their time is renewed', async () => {
    const { scope, put: request } = await pushed(registry, freshName(), { tags: ['v1'] });
    const version = await versionOf(scope);
    const setAt = async () =>
      (
        await registry.rows<{ age_s: number }>(
          `SELECT extract(epoch FROM clock_timestamp() - t.set_at)::float8 AS age_s FROM registry.tag t
           JOIN registry.repository r ON r.id = t.repository_id WHERE r.full_path = $1`,
          [scope.name],
        )
      )[0]!.age_s;
    await registry.rows(`UPDATE registry.tag SET set_at = set_at - interval '50 seconds'`);
    await put(again(request));
    expect(await setAt()).toBeGreaterThan(49);
    await registry.rows(`UPDATE registry.tag SET set_at = set_at - interval '20 seconds'`);
    await put(again(request));
    expect(await setAt()).toBeLessThan(10);
    expect(await versionOf(scope)).toBe(version);
    expect(await history(scope)).toHaveLength(1);
  });

  it('start the clock of a manifest that lost its last one, and stop it when one comes back', async () => {
    const { scope, blob, put: request, digest } = await pushed(registry, freshName(), { tags: ['a', 'b'] });
    const runs = async () =>
      (
        await registry.rows<{ runs: boolean }>(
          'SELECT untagged_at IS NOT NULL AS runs FROM registry.manifest WHERE digest = $1',
          [stored(digest)],
        )
      )[0]?.runs;
    await put(image(scope, [blob.digest], { tags: ['a'] }));
    expect(await runs()).toBe(false);
    await registry.manifests.deleteTag({ scope, tag: 'b', operationId: randomUUID() });
    expect(await runs()).toBe(true);
    await put(again(request, { tags: ['c'] }));
    expect(await runs()).toBe(false);
  });

  it('are 404 when deleted twice, but for the same operation', async () => {
    const { scope } = await pushed(registry, freshName(), { tags: ['v1'] });
    const operationId = randomUUID();
    await registry.manifests.deleteTag({ scope, tag: 'v1', operationId });
    await registry.manifests.deleteTag({ scope, tag: 'v1', operationId });
    const other = registry.manifests.deleteTag({ scope, tag: 'v1', operationId: randomUUID() });
    await expect(other).rejects.toMatchObject({ kind: 'manifestUnknown' });
  });
});
