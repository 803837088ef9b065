import { randomUUID } from 'node:crypto';
import type { Scope } from '@lading/proto';
import { removeSomeLinks } from './support/collector.js';
import { again, freshDigest, freshName, image, pushed, stored, upload } from './support/content.js';
import { Registry, SETTINGS } from './support/registry.js';
import { emptyRepository, lapse } from './support/scenes.js';
import { violations } from './support/violations.js';

let registry: Registry;
beforeAll(async () => {
  registry = await Registry.open();
});
afterEach(async () => expect(await violations(registry)).toEqual([]));
afterAll(() => registry.close());

const shows = async (scope: Scope, digest: string) =>
  (await registry.blobs.findBlob({ scope, digest })).blob !== undefined;
const remove = (scope: Scope, digest: string, operationId: string = randomUUID()) =>
  registry.blobs.deleteBlob({ scope, digest, operationId });
const removeManifest = (scope: Scope, digest: string) =>
  registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
const mount = async (from: Scope, scope: Scope, digest: string) =>
  (await registry.blobs.mountBlob({ scope, from, digest })).mounted;

async function linkRow(scope: Scope, digest: string) {
  const [row] = await registry.rows<{ hidden: boolean; lease_ms: number; xmin: string; state: string }>(
    `SELECT l.hidden, extract(epoch FROM l.lease_until - clock_timestamp())::float8 * 1000 AS lease_ms,
            l.xmin::text || ' ' || o.xmin::text AS xmin, o.state
     FROM registry.blob_link l JOIN registry.repository r ON r.id = l.repository_id
     JOIN registry.blob_object o ON o.id = l.object_id
     WHERE r.full_path = $1 AND l.digest = $2`,
    [scope.name, stored(digest)],
  );
  return row;
}

/** A repository whose only blob is hidden, because its only manifest is deleted. */
async function hiddenBlob() {
  const made = await pushed(registry, freshName());
  await removeManifest(made.scope, made.digest);
  await remove(made.scope, made.blob.digest);
  return made;
}

describe('DELETE of a blob (T7)', () => {
  it('is refused with the manifest that names it, while that is live', async () => {
    const { scope, blob, digest } = await pushed(registry, freshName());
    const refusal = { kind: 'unsupported', detail: { manifest: digest } };
    await expect(remove(scope, blob.digest)).rejects.toMatchObject(refusal);
    expect(await shows(scope, blob.digest)).toBe(true);
  });

  it('hides it while only deleted manifests name it', async () => {
    const { scope, blob } = await hiddenBlob();
    expect(await shows(scope, blob.digest)).toBe(false);
    expect(await linkRow(scope, blob.digest)).toMatchObject({ hidden: true, state: 'live' });
    await expect(remove(scope, blob.digest)).rejects.toMatchObject({ kind: 'blobUnknown' });
  });

  it('deletes the link where no manifest names it, and leaves the bytes and other repositories alone', async () => {
    const { scope, blob } = await pushed(registry, freshName());
    const target = await emptyRepository(registry);
    await mount(scope, target, blob.digest);
    await remove(target, blob.digest);
    expect(await linkRow(target, blob.digest)).toBeUndefined();
    expect(await shows(scope, blob.digest)).toBe(true);
  });

  it('answers the same operation again as the first time, and another one with 404', async () => {
    const { scope, digest } = { scope: await emptyRepository(registry), digest: freshDigest() };
    await upload(registry, scope, digest);
    const operation = randomUUID();
    await remove(scope, digest, operation);
    await remove(scope, digest, operation);
    await expect(remove(scope, digest)).rejects.toMatchObject({ kind: 'blobUnknown' });
    const told = await registry.rows(`SELECT 1 FROM registry.outbox WHERE data->>'operation' = $1`, [operation]);
    expect(told).toHaveLength(1);
  });
});

describe('a hidden link is no link', () => {
  it('for a push: 400 with the digest', async () => {
    const { scope, blob, put } = await hiddenBlob();
    const refusal = { kind: 'manifestBlobUnknown', detail: [blob.digest] };
    await expect(registry.manifests.putManifest(again(put))).rejects.toMatchObject(refusal);
    await expect(registry.manifests.putManifest(image(scope, [blob.digest]))).rejects.toMatchObject(refusal);
  });

  it('for HEAD, GET and mount', async () => {
    const { scope, blob } = await hiddenBlob();
    expect(await registry.blobs.keepBlob({ scope, digest: blob.digest })).toEqual({});
    expect(await registry.blobs.findBlob({ scope, digest: blob.digest })).toEqual({});
    expect(await mount(scope, await emptyRepository(registry), blob.digest)).toBe(false);
    expect(await registry.blobs.listMountSources({ scope, digest: blob.digest })).toEqual({ names: [] });
  });

  it('until an upload shows it again', async () => {
    const { scope, blob, put } = await hiddenBlob();
    expect((await upload(registry, scope, blob.digest)).objectId).toBe(blob.objectId);
    expect(await shows(scope, blob.digest)).toBe(true);
    await registry.manifests.putManifest(again(put));
  });

  it('until a mount shows it again', async () => {
    const { scope, blob, put } = await hiddenBlob();
    const elsewhere = await emptyRepository(registry);
    await upload(registry, elsewhere, blob.digest);
    expect(await mount(elsewhere, scope, blob.digest)).toBe(true);
    await registry.manifests.putManifest(again(put));
  });
});

describe('a mount (T16)', () => {
  it('links what the source shows, with a lease of its own, also where no manifest names it there', async () => {
    const source = await emptyRepository(registry);
    const { digest, objectId } = await upload(registry, source);
    const target = await emptyRepository(registry);
    expect(await mount(source, target, digest)).toBe(true);
    expect((await registry.blobs.findBlob({ scope: target, digest })).blob?.objectId).toBe(objectId);
    expect((await linkRow(target, digest))?.lease_ms).toBeGreaterThan(SETTINGS.leaseMs * 0.9);
    await remove(source, digest);
    await registry.manifests.putManifest(image(target, [digest]));
  });

  it('is false for a source that does not know the blob, that never was, or that is gone', async () => {
    const source = await emptyRepository(registry);
    const { digest } = await upload(registry, source);
    const target = await emptyRepository(registry);
    expect(await mount(source, target, freshDigest())).toBe(false);
    expect(await mount(await registry.scope('never/was/here'), target, digest)).toBe(false);
    await registry.rows('UPDATE registry.repository SET deleted_at = clock_timestamp() WHERE full_path = $1', [
      source.name,
    ]);
    expect(await mount(source, target, digest)).toBe(false);
  });

  it('is false for a source whose grant is for a project that is gone', async () => {
    const { scope, blob } = await pushed(registry, 'moved/away');
    await registry.rows(`UPDATE registry.project SET deleted_at = clock_timestamp() WHERE path = 'moved/away'`);
    expect(await mount(scope, await emptyRepository(registry), blob.digest)).toBe(false);
  });

  it.each(['purging', 'gone'])('is false for bytes that are %s, and revives condemned ones', async (state) => {
    const source = await emptyRepository(registry);
    const { digest, objectId } = await upload(registry, source);
    const target = await emptyRepository(registry);
    const become = (to: string) =>
      registry.rows('UPDATE registry.blob_object SET state = $2 WHERE id = $1', [objectId, to]);
    await become('condemned');
    expect(await mount(source, target, digest)).toBe(true);
    expect((await linkRow(target, digest))?.state).toBe('live');
    await become(state);
    expect(await mount(source, await emptyRepository(registry), digest)).toBe(false);
    await registry.rows('DELETE FROM registry.blob_link WHERE object_id = $1', [objectId]);
  });

  it('limit mount-sources: finds sources for a client that names none: this repository, this project, public projects, the newest', async () => {
    const digest = freshDigest();
    const names = ['src/old/a', 'src/public/a', 'src/mine/z', 'src/new/a', 'src/mine/here'];
    for (const name of names) await upload(registry, await registry.scope(name), digest);
    await registry.rows(`UPDATE registry.project SET visibility = 'public' WHERE path = 'src/public'`);
    const scope = await registry.scope('src/mine/here');
    const sources = await registry.blobs.listMountSources({ scope, digest });
    expect(sources.names).toEqual(['src/mine/here', 'src/mine/z', 'src/public/a', 'src/new/a', 'src/old/a']);
    for (let n = 0; n < 20; n += 1) await upload(registry, await registry.scope(`src/more/r${n}`), digest);
    // Of 25, this repository first.
    const { names: most } = await registry.blobs.listMountSources({ scope, digest });
    expect([most.length, most[0]]).toEqual([20, 'src/mine/here']);
  });
});

describe('HEAD of a blob (T13)', () => {
  const keep = (scope: Scope, digest: string) => registry.blobs.keepBlob({ scope, digest });
  const setLease = (digest: string, ms: number) =>
    registry.rows(
      `UPDATE registry.blob_link SET lease_until = clock_timestamp() + $2 * interval '1 millisecond' WHERE digest = $1`,
      [stored(digest), ms],
    );

  it('writes nothing while half of the lease is left', async () => {
    const scope = await emptyRepository(registry);
    const { digest } = await upload(registry, scope);
    await setLease(digest, SETTINGS.leaseMs * 0.6);
    const before = await linkRow(scope, digest);
    expect((await keep(scope, digest)).blob).toBeDefined();
    expect((await linkRow(scope, digest))?.xmin).toBe(before?.xmin);
  });

  it('renews a lease of which less than half is left', async () => {
    const scope = await emptyRepository(registry);
    const { digest } = await upload(registry, scope);
    await setLease(digest, SETTINGS.leaseMs * 0.4);
    await keep(scope, digest);
    expect((await linkRow(scope, digest))?.lease_ms).toBeGreaterThan(SETTINGS.leaseMs * 0.9);
  });

  it('writes nothing while a live manifest of the repository names the blob, and does once that is deleted', async () => {
    const { scope, blob, digest } = await pushed(registry, freshName());
    await setLease(blob.digest, -1);
    const before = await linkRow(scope, blob.digest);
    await keep(scope, blob.digest);
    expect((await linkRow(scope, blob.digest))?.xmin).toBe(before?.xmin);
    await removeManifest(scope, digest);
    await keep(scope, blob.digest);
    expect((await linkRow(scope, blob.digest))?.lease_ms).toBeGreaterThan(0);
  });

  it('never writes for a principal that may not push, and answers all the same', async () => {
    const scope = await emptyRepository(registry);
    const { digest, objectId } = await upload(registry, scope);
    await setLease(digest, -1);
    await registry.rows(`UPDATE registry.blob_object SET state = 'condemned' WHERE id = $1`, [objectId]);
    const before = await linkRow(scope, digest);
    const answer = await keep({ ...scope, mayPush: false }, digest);
    expect(answer.blob).toEqual({ objectId, size: 10, repositoryId: expect.any(Number) });
    expect(await linkRow(scope, digest)).toMatchObject({ xmin: before?.xmin, state: 'condemned' });
  });

  it('revives a condemned object for a principal that may push', async () => {
    const scope = await emptyRepository(registry);
    const { digest, objectId } = await upload(registry, scope);
    await registry.rows(
      `UPDATE registry.blob_object SET state = 'condemned', purge_after = clock_timestamp() WHERE id = $1`,
      [objectId],
    );
    await keep(scope, digest);
    expect((await linkRow(scope, digest))?.state).toBe('live');
  });

  it('knows no bytes past the point of no return', async () => {
    const scope = await emptyRepository(registry);
    const { digest, objectId } = await upload(registry, scope);
    await setLease(digest, -1);
    await registry.rows(`UPDATE registry.blob_object SET state = 'purging' WHERE id = $1`, [objectId]);
    expect(await keep(scope, digest)).toEqual({});
  });
});

describe('link removal (T6)', () => {
  it('limit blob-lease: takes links whose lease is over and that no live or deleted manifest names, and says so', async () => {
    const live = await pushed(registry, freshName());
    const deleted = await pushed(registry, freshName());
    const loose = await upload(registry, live.scope);
    await lapse(registry);
    const leased = await upload(registry, live.scope);
    await removeManifest(deleted.scope, deleted.digest);
    await removeSomeLinks(registry.pools, 500);
    expect(await shows(live.scope, live.blob.digest)).toBe(true);
    expect(await shows(deleted.scope, deleted.blob.digest)).toBe(true);
    expect(await shows(live.scope, leased.digest)).toBe(true);
    expect(await shows(live.scope, loose.digest)).toBe(false);
    const events = await registry.rows(
      `SELECT 1 FROM registry.outbox WHERE type = 'dev.lading.blob.unlinked.v1' AND subject = $1`,
      [`${live.scope.name}@${loose.digest}`],
    );
    expect(events).toHaveLength(1);
  });

  it('takes the links of a deleted repository without an event', async () => {
    const { scope, digest } = { scope: await emptyRepository(registry), digest: freshDigest() };
    await upload(registry, scope, digest);
    await lapse(registry);
    await registry.rows('UPDATE registry.repository SET deleted_at = clock_timestamp() WHERE full_path = $1', [
      scope.name,
    ]);
    await removeSomeLinks(registry.pools, 500);
    expect(await linkRow(scope, digest)).toBeUndefined();
  });
});
