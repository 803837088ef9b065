import { randomUUID } from 'node:crypto';
import { blobKey } from '@lading/blob-store';
import { markDamaged, ReconciliationController } from '@lading/metadata';
import { ManifestBlobUnknown } from '@lading/oci';
import { uuidV7 } from '@lading/platform';
import { Fault, type Scope, Standing } from '@lading/proto';
import { again, freshDigest, freshName, image, pushed, stored, upload } from './support/content.js';
import { Registry } from './support/registry.js';
import { malformedEvents, violations } from './support/violations.js';

const DAY_MS = 86_400_000;

let registry: Registry;
let reconciliation: ReconciliationController;
beforeAll(async () => {
  registry = await Registry.open();
  reconciliation = new ReconciliationController(registry.pools);
});
afterAll(() => registry.close());

const stateOf = async (objectId: string) =>
  (await registry.rows<{ state: string }>('SELECT state FROM registry.blob_object WHERE id = $1', [objectId]))[0]
    ?.state;
const objectOf = async (scope: Scope, digest: string) =>
  (await registry.blobs.findBlob({ scope, digest })).blob?.objectId;
const versionsOf = async (...scopes: Scope[]) => {
  const names = scopes.map(({ name }) => name);
  return registry.rows('SELECT version FROM registry.repository WHERE full_path = ANY($1) ORDER BY id', [names]);
};
const eventsOf = (objectId: string) =>
  registry.rows<{ type: string; data: object }>(
    `SELECT type, data FROM registry.outbox
     WHERE message_key = 'store' AND $1 IN (data->>'objectId', data->>'damagedObjectId') ORDER BY seq`,
    [objectId],
  );

describe('an object whose bytes are damaged', () => {
  it('is promised to nobody and serves no new manifest, until its bytes are pushed again', async () => {
    const { scope, blob, put } = await pushed(registry, freshName());
    const { digest, objectId } = blob;
    const target = { ...(await registry.scope(freshName())), mayPush: true };
    await upload(registry, target);
    expect(await reconciliation.markDamaged({ objectId, fault: Fault.FAULT_CONTENT })).toEqual({ marked: true });
    expect(await reconciliation.markDamaged({ objectId, fault: Fault.FAULT_MISSING })).toEqual({ marked: false });
    expect(await registry.blobs.keepBlob({ scope, digest })).toEqual({});
    expect((await registry.blobs.findBlob({ scope, digest })).blob).toMatchObject({
      objectId,
      size: 10,
      damaged: true,
    });
    expect(await registry.blobs.listMountSources({ scope: target, digest })).toEqual({ names: [] });
    expect(await registry.blobs.mountBlob({ scope: target, from: scope, digest })).toEqual({ mounted: false });
    await expect(registry.manifests.putManifest(image(scope, [digest]))).rejects.toThrow(ManifestBlobUnknown);
    await expect(registry.manifests.putManifest(again(put))).rejects.toThrow(ManifestBlobUnknown);
    const healed = await upload(registry, scope, digest);
    expect(healed.objectId).not.toBe(objectId);
    expect((await registry.blobs.keepBlob({ scope, digest })).blob).toMatchObject({ objectId: healed.objectId });
    await registry.manifests.putManifest(again(put));
    expect(await registry.blobs.mountBlob({ scope: target, from: scope, digest })).toEqual({ mounted: true });
    expect(await violations(registry)).toEqual([]);
  });

  it('is replaced in every repository by one push, under deleted manifests and hidden links too', async () => {
    const first = await pushed(registry, freshName());
    const { digest, objectId } = first.blob;
    const other = await registry.scope(freshName());
    await registry.blobs.mountBlob({ scope: other, from: first.scope, digest });
    const scope = await registry.scope(other.name);
    await registry.manifests.putManifest(image(scope, [digest]));
    const hiding = await registry.scope(freshName());
    await registry.blobs.mountBlob({ scope: hiding, from: first.scope, digest });
    const put = image(await registry.scope(hiding.name), [digest]);
    await registry.manifests.putManifest(put);
    await registry.manifests.deleteManifest({ scope: put.scope!, digest: put.digest, operationId: randomUUID() });
    await registry.blobs.deleteBlob({ scope: put.scope!, digest, operationId: randomUUID() });
    await markDamaged(registry.pools, objectId, 'missing');
    const third = await registry.scope(freshName());
    const versions = await versionsOf(first.scope, scope, put.scope!);
    const healed = await upload(registry, third, digest);
    // Whoever follows one of them sees no change: what it shows is as it was.
    expect(await versionsOf(first.scope, scope, put.scope!)).toEqual(versions);
    expect(await stateOf(objectId)).toBe('purging');
    expect([await objectOf(first.scope, digest), await objectOf(scope, digest)]).toEqual([
      healed.objectId,
      healed.objectId,
    ]);
    const edges = await registry.rows<{ object_id: string }>(
      'SELECT DISTINCT object_id FROM registry.manifest_edge WHERE digest = $1',
      [stored(digest)],
    );
    expect(edges).toEqual([{ object_id: healed.objectId }]);
    await registry.manifests.restoreManifest({
      scope: put.scope!,
      digest: put.digest,
      operationId: randomUUID(),
      withoutTags: false,
    });
    expect(await objectOf(put.scope!, digest)).toBe(healed.objectId);
    expect(await violations(registry)).toEqual([]);
  });

  it('is told of in events of the store, in order and without a gap, that the catalogue allows', async () => {
    const { scope, blob } = await pushed(registry, freshName());
    await markDamaged(registry.pools, blob.objectId, 'length');
    const healed = await upload(registry, scope, blob.digest);
    const { digest, objectId } = blob;
    expect(await eventsOf(objectId)).toEqual([
      { type: 'dev.lading.blob.damaged.v1', data: { digest, objectId, size: 10, fault: 'length' } },
      {
        type: 'dev.lading.blob.healed.v1',
        data: { digest, objectId: healed.objectId, damagedObjectId: objectId, size: 10 },
      },
    ]);
    const [uploaded] = await registry.rows<{ duplicate: boolean }>(
      `SELECT (data->>'duplicate')::boolean AS duplicate FROM registry.outbox
       WHERE type = 'dev.lading.blob.uploaded.v1' AND data->>'objectId' = $1`,
      [healed.objectId],
    );
    expect(uploaded).toEqual({ duplicate: false });
    expect(await malformedEvents(registry)).toEqual([]);
    const [gaps] = await registry.rows(
      `SELECT max(aggregate_version) - count(*) AS gaps FROM registry.outbox WHERE message_key = 'store'`,
    );
    expect(gaps).toEqual({ gaps: 0 });
  });

  it('is whole again when somebody put its bytes back', async () => {
    const { scope, blob } = await pushed(registry, freshName());
    await markDamaged(registry.pools, blob.objectId, 'missing');
    const before = (await reconciliation.countDamaged()).damaged;
    expect(await reconciliation.markWhole({ objectId: blob.objectId })).toEqual({ marked: true });
    expect(await reconciliation.markWhole({ objectId: blob.objectId })).toEqual({ marked: false });
    expect((await reconciliation.countDamaged()).damaged).toBe(before - 1);
    expect((await registry.blobs.keepBlob({ scope, digest: blob.digest })).blob?.objectId).toBe(blob.objectId);
  });

  it('is not marked once its bytes need not be there', async () => {
    const { objectId } = await upload(registry, await registry.scope(freshName()));
    await registry.rows(`UPDATE registry.blob_object SET state = 'purging' WHERE id = $1`, [objectId]);
    expect(await markDamaged(registry.pools, objectId, 'missing')).toBe(false);
    expect(await eventsOf(objectId)).toEqual([]);
    await registry.rows('DELETE FROM registry.blob_link WHERE object_id = $1', [objectId]);
  });
});

describe('what should be in the store', () => {
  it('is listed in the order of its keys, page by page, and each object once', async () => {
    const scope = await registry.scope(freshName());
    for (let n = 0; n < 12; n += 1) await upload(registry, scope, freshDigest());
    const listed: string[] = [];
    for (let after = ''; ; after = listed.at(-1) as string) {
      const { objects } = await reconciliation.listStored({ after, limit: 5 });
      listed.push(...objects.map(({ objectId }) => objectId));
      if (objects.length < 5) break;
    }
    const keys = listed.map((id) => blobKey(id));
    expect(keys).toEqual([...keys].sort());
    const rows = await registry.rows<{ id: string }>(
      `SELECT id FROM registry.blob_object WHERE state IN ('live', 'condemned')`,
    );
    expect([...listed].sort()).toEqual(rows.map(({ id }) => id).sort());
  });

  it('and what should not: an id without a row counts once it says that it is old', async () => {
    const { objectId } = await upload(registry, await registry.scope(freshName()));
    const gone = uuidV7();
    await registry.rows(`INSERT INTO registry.blob_object (id, state) VALUES ($1, 'gone')`, [gone]);
    const old = uuidV7().replace(/^.{13}/, '01900000-0000');
    const [young, timeless] = [uuidV7(), randomUUID()];
    const objectIds = [old, objectId, timeless, gone, young];
    const { standings } = await reconciliation.describeObjects({ objectIds, olderThanMs: DAY_MS });
    const { STANDING_EXPECTED, STANDING_GONE, STANDING_UNKNOWN, STANDING_UNKNOWN_RECENT } = Standing;
    expect(standings).toEqual([
      STANDING_UNKNOWN,
      STANDING_EXPECTED,
      STANDING_UNKNOWN_RECENT,
      STANDING_GONE,
      STANDING_UNKNOWN_RECENT,
    ]);
  });
});

it('the epoch of the store only rises, beyond what the store had as well', async () => {
  const { epoch: first } = await reconciliation.getEpoch();
  const { epoch: second } = await reconciliation.advanceEpoch({ beyond: first?.epoch ?? -1 });
  const { epoch: third } = await reconciliation.advanceEpoch({ beyond: 1_000 });
  const { epoch: fourth } = await reconciliation.advanceEpoch({ beyond: 10 });
  expect([second?.epoch, third?.epoch, fourth?.epoch]).toEqual([(first?.epoch ?? -1) + 1, 1_001, 1_001]);
  expect(new Set([first, second, third, fourth].map((each) => each?.installationId)).size).toBe(1);
});
