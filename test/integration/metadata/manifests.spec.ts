import { randomUUID } from 'node:crypto';
import { parseManifest } from '@lading/oci';
import type { PutManifestRequest, Scope } from '@lading/proto';
import { again, edge, freshDigest, freshName, image, index, pushed, stored, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { hideAsCollector, openUpload } from './support/scenes.js';
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
      repositoryId: expect.any(Number),
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

  it('points at a blob where its child was deleted and the digest is a blob now', async () => {
    const { scope, digest } = await pushed(registry, freshName());
    const parent = index(scope, [digest]);
    const { manifestId } = await put(parent);
    await remove(scope, parent.digest);
    await remove(scope, digest);
    const { objectId } = await upload(registry, scope, digest);
    await put(again(parent));
    expect(await edgesOf(manifestId)).toMatchObject([{ object_id: objectId, child_id: null }]);
  });

  it('points at nothing where content that may be missing was deleted, until it is there again', async () => {
    const { scope, blob } = await pushed(registry, freshName());
    const loose = await upload(registry, scope);
    const request = image(scope, [], { edges: [edge(blob.digest), edge(loose.digest, 'blob', false)] });
    const { manifestId } = await put(request);
    await remove(scope, request.digest);
    await registry.blobs.deleteBlob({ scope, digest: loose.digest, operationId: randomUUID() });
    await put(again(request));
    expect(await edgesOf(manifestId)).toContainEqual({ digest: stored(loose.digest), object_id: null, child_id: null });
    await upload(registry, scope, loose.digest);
    expect(await edgesOf(manifestId)).toContainEqual({
      digest: stored(loose.digest),
      object_id: loose.objectId,
      child_id: null,
    });
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
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const layer = { mediaType: 'application/octet-stream', digest: blob.digest, size: 10 };
    const body = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: layer, layers: [layer, layer] }));
    const { edges } = parseManifest(body, mediaType);
    const { manifestId } = await put(image(scope, [], { body, edges }));
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
