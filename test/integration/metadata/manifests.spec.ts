import { randomUUID } from 'node:crypto';
import { collectUntagged } from '@lading/metadata';
import type { PutManifestRequest, Scope } from '@lading/proto';
import { again, edge, freshDigest, freshName, image, index, pushed, stored, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { agedImage, agedReferrer, hideAsCollector, openUpload } from './support/scenes.js';
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
const typesSince = async (scope: Scope, version: number) =>
  (
    await registry.rows<{ type: string }>(
      `SELECT o.type FROM registry.outbox o JOIN registry.repository r ON r.id::text = o.message_key
       WHERE r.full_path = $1 AND o.aggregate_version > $2 ORDER BY o.aggregate_version`,
      [scope.name, version],
    )
  ).map((row) => row.type.split('.').slice(2, 4).join('.'));
const versionOf = async (scope: Scope) =>
  (
    await registry.rows<{ version: number }>('SELECT version FROM registry.repository WHERE full_path = $1', [
      scope.name,
    ])
  )[0]!.version;
const edgesOf = (manifestId: number) =>
  registry.rows<{ digest: Buffer; object_id: string | null; child_id: number | null }>(
    'SELECT digest, object_id, child_id FROM registry.manifest_edge WHERE manifest_id = $1 ORDER BY digest',
    [manifestId],
  );

describe('a push', () => {
  it('keeps the bytes as they came, by digest', async () => {
    const { scope, put: request, manifestId, digest } = await pushed(registry, freshName());
    expect(await find(scope, digest)).toEqual({
      manifestId,
      digest,
      mediaType: request.mediaType,
      size: request.body.length,
    });
    expect((await registry.manifests.getManifestBody({ manifestId })).body).toEqual(request.body);
  });

  it('changes nothing when sent again, with the same operation or another', async () => {
    const { scope, put: request, manifestId } = await pushed(registry, freshName(), { tags: ['v1'] });
    const version = await versionOf(scope);
    expect(await put(request)).toEqual({ manifestId });
    expect(await put(again(request))).toEqual({ manifestId });
    expect(await versionOf(scope)).toBe(version);
  });

  it('is refused with every digest that is missing, and leaves nothing', async () => {
    const { scope, blob } = await pushed(registry, freshName());
    const missing = [freshDigest(), freshDigest()];
    const request = image(scope, [blob.digest, ...missing], { tags: ['broken'] });
    await expect(put(request)).rejects.toMatchObject({ kind: 'manifestBlobUnknown', detail: missing });
    expect(await find(scope, request.digest)).toBeUndefined();
    expect((await registry.manifests.findManifest({ scope, tag: 'broken' })).manifest).toBeUndefined();
  });

  it('sees no blob that only another repository links', async () => {
    const { blob } = await pushed(registry, freshName());
    const { scope } = await pushed(registry, freshName());
    await expect(put(image(scope, [blob.digest]))).rejects.toMatchObject({ kind: 'manifestBlobUnknown' });
  });

  it('revives a condemned blob', async () => {
    const { scope, blob } = await pushed(registry, freshName(), {});
    const loose = await upload(registry, scope);
    await registry.rows(`UPDATE registry.blob_object SET state = 'condemned' WHERE id = $1`, [loose.objectId]);
    await put(image(scope, [blob.digest, loose.digest]));
  });

  it('may change the media type of the same bytes, and says nothing new', async () => {
    const { scope, put: request, digest } = await pushed(registry, freshName());
    await put(again(request, { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }));
    expect((await find(scope, digest))?.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json');
  });
});

describe('a push of a deleted manifest (T5)', () => {
  it('brings it back under its old id with its edges, without its old tags', async () => {
    const { scope, put: request, digest, manifestId } = await pushed(registry, freshName(), { tags: ['v1'] });
    const edges = await edgesOf(manifestId);
    await remove(scope, digest);
    expect(await find(scope, digest)).toBeUndefined();
    const version = await versionOf(scope);
    expect(await put(again(request, { tags: ['v2'] }))).toEqual({ manifestId });
    expect(await edgesOf(manifestId)).toEqual(edges);
    expect(await registry.manifests.listTags({ scope, after: '', limit: 9 })).toMatchObject({ tags: ['v2'] });
    expect(await typesSince(scope, version)).toEqual(['manifest.pushed', 'tag.set']);
  });

  it('brings back children that the collector hid, at any depth', async () => {
    const { scope, digest, manifestId } = await pushed(registry, freshName());
    const inner = index(scope, [digest]);
    await put(inner);
    const outer = index(scope, [inner.digest]);
    await put(outer);
    await remove(scope, outer.digest);
    for (const child of [inner.digest, digest]) await hideAsCollector(registry, child);
    await put(again(outer));
    expect((await find(scope, digest))?.manifestId).toBe(manifestId);
    expect(await find(scope, inner.digest)).toBeDefined();
  });

  it('brings back a child that the collector hid for a new index too', async () => {
    const { scope, digest, manifestId } = await pushed(registry, freshName());
    await hideAsCollector(registry, digest);
    await put(index(scope, [digest]));
    expect((await find(scope, digest))?.manifestId).toBe(manifestId);
  });

  it('leaves a child missing that a request deleted: 400', async () => {
    const { scope, digest } = await pushed(registry, freshName());
    const parent = index(scope, [digest]);
    await put(parent);
    await remove(scope, parent.digest);
    await remove(scope, digest);
    const refusal = { kind: 'manifestBlobUnknown', detail: [digest] };
    await expect(put(again(parent))).rejects.toMatchObject(refusal);
    await expect(put(index(scope, [digest]))).rejects.toMatchObject(refusal);
  });

  it('leaves a collected child missing of which a blob is hidden or a child deleted: 400', async () => {
    const one = await pushed(registry, freshName());
    await hideAsCollector(registry, one.digest);
    await registry.blobs.deleteBlob({ scope: one.scope, digest: one.blob.digest, operationId: randomUUID() });
    await expect(put(index(one.scope, [one.digest]))).rejects.toMatchObject({ detail: [one.digest] });

    const two = await pushed(registry, freshName());
    const inner = index(two.scope, [two.digest]);
    await put(inner);
    await hideAsCollector(registry, inner.digest);
    await remove(two.scope, two.digest);
    await expect(put(index(two.scope, [inner.digest]))).rejects.toMatchObject({ detail: [inner.digest] });
  });
});

describe('edges (T12)', () => {
  it('are one for equal descriptors', async () => {
    const { scope, blob } = await pushed(registry, freshName());
    const { manifestId } = await put(image(scope, [], { edges: [edge(blob.digest)] }));
    expect(await edgesOf(manifestId)).toEqual([
      { digest: stored(blob.digest), object_id: blob.objectId, child_id: null },
    ]);
  });

  it('of an index may be a blob', async () => {
    const { scope, blob, digest, manifestId } = await pushed(registry, freshName());
    const parent = await put(index(scope, [digest, blob.digest]));
    const edges = await edgesOf(parent.manifestId);
    expect(edges).toContainEqual({ digest: stored(digest), object_id: null, child_id: manifestId });
    expect(edges).toContainEqual({ digest: stored(blob.digest), object_id: blob.objectId, child_id: null });
  });

  it.each([
    ['an upload', async (scope: Scope, digest: string) => void (await upload(registry, scope, digest))],
    [
      'a mount',
      async (scope: Scope, digest: string) => {
        const from = (await pushed(registry, freshName())).scope;
        await upload(registry, from, digest);
        await registry.blobs.mountBlob({ scope, from, digest });
      },
    ],
  ])('without a target get their blob by %s', async (_, arrive) => {
    const { scope } = await pushed(registry, freshName());
    const digest = freshDigest();
    const { manifestId } = await put(image(scope, [], { edges: [edge(digest, 'blob', false)] }));
    expect(await edgesOf(manifestId)).toMatchObject([{ object_id: null, child_id: null }]);
    await arrive(scope, digest);
    expect(await edgesOf(manifestId)).toMatchObject([{ object_id: expect.any(String) }]);
  });

  it.each(['before', 'after'])('without a target get their manifest when it is pushed %s', async (when) => {
    const { scope, blob } = await pushed(registry, freshName());
    const child = image(scope, [blob.digest]);
    const parent = index(scope, [], { edges: [edge(child.digest, 'other', false)] });
    if (when === 'before') await put(child);
    const { manifestId } = await put(parent);
    const childId = (await put(when === 'before' ? again(child) : child)).manifestId;
    expect(await edgesOf(manifestId)).toMatchObject([{ child_id: childId }]);
  });

  it('without a target miss nothing that arrives at the same time', async () => {
    const { scope, blob } = await pushed(registry, freshName());
    for (let round = 0; round < 10; round += 1) {
      const child = image(scope, [blob.digest]);
      const session = await openUpload(registry, scope.name);
      const edges = [edge(child.digest, 'other', false), edge(session.digest, 'blob', false)];
      const arrivals = [
        put(index(scope, [], { edges })),
        put(child),
        registry.uploads.finishUpload({ ...session, epoch: 0, size: 10 }),
      ];
      await Promise.all(round % 2 ? arrivals : arrivals.reverse());
      expect(await violations(registry)).toEqual([]);
    }
  });
});

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
  const collect = (delayMs = 0) => collectUntagged(registry.pools, delayMs, 500);
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

  it('is not held up by a repository that was deleted', async () => {
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
    expect(await collect()).toBe(1);
    expect(await find(due.scope, due.digest)).toBeUndefined();
  });
});
