import { randomUUID } from 'node:crypto';
import { markDamaged } from '@lading/metadata';
import { freshDigest, freshName, image, pushed, stored, upload } from './content.js';
import type { Registry } from './registry.js';

// What two use cases find when they meet.

/** Leases of a repository's blobs are over, so the collectors look at them. */
export async function lapse(registry: Registry): Promise<void> {
  await registry.rows(`UPDATE registry.blob_link SET lease_until = clock_timestamp() - interval '1 second'`);
}

/** Every manifest without a tag has been so for a while. */
export async function age(registry: Registry): Promise<void> {
  await registry.rows(`UPDATE registry.manifest m SET untagged_at = clock_timestamp() - interval '1 hour'
    WHERE NOT EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = m.id)`);
}

/** As if the collector had taken this manifest. */
export async function hideAsCollector(registry: Registry, digest: string): Promise<void> {
  await registry.rows(
    `UPDATE registry.manifest SET deleted_at = clock_timestamp(), delete_reason = 'collector' WHERE digest = $1`,
    [stored(digest)],
  );
}

/** A blob that a repository links, that no manifest names, and whose lease is over. */
export async function looseBlob(registry: Registry) {
  const name = freshName();
  const blob = await upload(registry, await registry.scope(name));
  await lapse(registry);
  const scope = await registry.scope(name);
  return { scope, ...blob };
}

export type LooseBlob = Awaited<ReturnType<typeof looseBlob>>;

/** The same, and a second repository that does not know it. */
export async function looseBlobAndTarget(registry: Registry) {
  const source = await looseBlob(registry);
  return { ...source, from: source.scope, scope: await emptyRepository(registry) };
}

export type LooseBlobAndTarget = Awaited<ReturnType<typeof looseBlobAndTarget>>;

export async function emptyRepository(registry: Registry) {
  const name = freshName();
  await upload(registry, await registry.scope(name));
  return registry.scope(name);
}

/** An untagged image whose time is over. */
export async function agedImage(registry: Registry) {
  const image = await pushed(registry, freshName());
  await age(registry);
  return image;
}

export type AgedImage = Awaited<ReturnType<typeof agedImage>>;

/** An open upload at its end. */
export async function openUpload(registry: Registry, name = freshName(), digest = freshDigest()) {
  const first = await registry.scope(name);
  const uploadId = randomUUID();
  const { upload: begun } = await registry.uploads.beginUpload({
    scope: first,
    uploadId,
    objectId: randomUUID(),
    algorithm: 'sha256',
  });
  return { scope: await registry.scope(name), uploadId, objectId: begun!.objectId, digest };
}

export type OpenUpload = Awaited<ReturnType<typeof openUpload>>;

/** A referrer whose subject was there once and is gone from the rows, and that is due. */
export async function agedReferrer(registry: Registry) {
  const { scope, blob } = await pushed(registry, freshName(), { tags: ['base'] });
  const put = image(scope, [blob.digest]);
  await registry.manifests.putManifest(image(scope, [blob.digest], { subject: put.digest }));
  await registry.rows('UPDATE registry.manifest SET subject_seen = true WHERE subject IS NOT NULL');
  await age(registry);
  return { scope, put };
}

/** A loose blob that was condemned, and whose time is over. */
export async function condemnedBlob(registry: Registry) {
  const scene = await looseBlob(registry);
  await condemnAll(registry);
  return scene;
}

/** The same, and a second repository that does not know it. */
export async function condemnedBlobAndTarget(registry: Registry) {
  const scene = await looseBlobAndTarget(registry);
  await condemnAll(registry, scene.objectId);
  return scene;
}

/** Every object that nothing names, or one, is condemned and due. */
export async function condemnAll(registry: Registry, objectId?: string): Promise<void> {
  await registry.rows(
    `UPDATE registry.blob_object o
     SET state = 'condemned', condemned_at = clock_timestamp(), purge_after = clock_timestamp() - interval '1 second'
     WHERE state = 'live' AND ($1::uuid IS NULL OR id = $1)
       AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.object_id = o.id)`,
    [objectId ?? null],
  );
}

/** An image that a request, or the collector, deleted. */
export async function deletedImage(registry: Registry, reason: 'request' | 'collector' = 'request') {
  const scene = await pushed(registry, freshName());
  const [row] = await registry.rows<{ id: number }>(
    `UPDATE registry.manifest SET deleted_at = clock_timestamp() - interval '1 second', delete_reason = $2
     WHERE digest = $1 RETURNING id`,
    [stored(scene.digest), reason],
  );
  return { ...scene, manifestId: row?.id as number };
}

export type DeletedImage = Awaited<ReturnType<typeof deletedImage>>;

/** An image that a request deleted with its tag `v1`. */
export async function deletedTaggedImage(registry: Registry) {
  const scene = await pushed(registry, freshName(), { tags: ['v1'] });
  const { scope, digest } = scene;
  await registry.manifests.deleteManifest({ scope, digest, operationId: randomUUID() });
  const [row] = await registry.rows<{ id: number }>('SELECT id FROM registry.manifest WHERE digest = $1', [
    stored(digest),
  ]);
  return { ...scene, manifestId: row?.id as number };
}

/** Damages the object of a scene, and opens an upload of the same bytes in a repository of its own. */
export async function damaged<S extends object>(
  registry: Registry,
  scene: S,
  blob: { digest: string; objectId: string },
) {
  await markDamaged(registry.pools, blob.objectId, 'missing');
  return { ...scene, blob, heal: await openUpload(registry, freshName(), blob.digest) };
}

/** An image whose blob is damaged. */
export async function damagedImage(registry: Registry) {
  const scene = await pushed(registry, freshName());
  return damaged(registry, scene, scene.blob);
}

export type DamagedImage = Awaited<ReturnType<typeof damagedImage>>;

/** A damaged blob that no manifest names, and whose lease is over. */
export async function damagedBlob(registry: Registry) {
  const { digest, objectId, scope } = await looseBlob(registry);
  return damaged(registry, { scope }, { digest, objectId });
}

export type DamagedBlob = Awaited<ReturnType<typeof damagedBlob>>;

/** The same for what the collector condemned, and could claim. */
export async function damagedCondemnedBlob(registry: Registry) {
  const scene = await damagedBlob(registry);
  await condemnAll(registry, scene.blob.objectId);
  return scene;
}

/** An image that was deleted, whose blob is damaged. */
export async function damagedDeletedImage(registry: Registry, reason: 'request' | 'collector' = 'request') {
  const scene = await deletedImage(registry, reason);
  return damaged(registry, scene, scene.blob);
}

export type DamagedDeletedImage = Awaited<ReturnType<typeof damagedDeletedImage>>;
