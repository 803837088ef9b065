import { transaction } from '@lading/database';
import { BlobUnknown, NameUnknown, Unsupported } from '@lading/oci';
import type { DeleteBlobRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { changeOf } from '../outbox/change-of.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { locateRepository } from '../scope/locate-repository.js';

/**
 * DELETE of a blob in one repository (T7).
 *
 *   the link FOR UPDATE: manifest PUT and mount hold it FOR KEY SHARE, so none of them is half done
 *   in a new statement, who names the blob here?
 *     a live manifest: refused; only deleted ones: the link is hidden, a restore brings it back; none: it is deleted
 *   repository version and event last
 *
 * The bytes are not touched; they go when nothing in the registry refers to them.
 *
 * @throws BlobUnknown when the repository does not show the blob, unless this very operation deleted it; Unsupported
 *   naming a manifest that holds it.
 */
export async function deleteBlob(pools: RegistryPools, request: DeleteBlobRequest): Promise<void> {
  const scope = request.scope as Scope;
  const { repository } = await locateRepository(pools.read, scope);
  if (!repository) throw new NameUnknown();
  const digest = toBytes(request.digest);
  await transaction(pools.write, async (client) => {
    if (!(await isFirstTime(client, request.operationId))) return;
    const objectId = await lockLink(client, repository.id, digest);
    if (objectId === undefined) throw new BlobUnknown();
    const hidden = await isHeldByDeletedManifest(client, repository.id, digest);
    await removeLink(client, repository.id, digest, hidden);
    const data = {
      ...changeOf(scope, repository.id),
      digest: request.digest,
      objectId,
      hidden,
      operation: request.operationId,
    };
    await appendRepositoryEvents(client, repository.id, [
      { type: 'dev.lading.blob.deleted.v1', subject: `${scope.name}@${request.digest}`, data },
    ]);
  });
}

/** FOR UPDATE waits for everyone who is about to refer to the blob through this link. */
export async function lockLink(client: PoolClient, repositoryId: number, digest: Buffer): Promise<string | undefined> {
  const locked = await client.query<{ object_id: string }>({
    name: 'lock-link-to-delete',
    text: `SELECT object_id FROM registry.blob_link
           WHERE repository_id = $1 AND digest = $2 AND NOT hidden FOR UPDATE`,
    values: [repositoryId, digest],
  });
  return locked.rows[0]?.object_id;
}

/**
 * Whether deleted manifests still name the blob. A new statement, so that it sees what was committed while the link's
 * lock was waited for.
 *
 * @throws Unsupported when a live manifest names it.
 */
export async function isHeldByDeletedManifest(
  client: PoolClient,
  repositoryId: number,
  digest: Buffer,
): Promise<boolean> {
  const holders = await client.query<{ digest: Buffer; live: boolean }>({
    name: 'manifests-that-name-blob',
    text: `(SELECT m.digest, true AS live FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
            WHERE e.repository_id = $1 AND e.digest = $2 AND m.deleted_at IS NULL LIMIT 1)
           UNION ALL
           (SELECT m.digest, false AS live FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
            WHERE e.repository_id = $1 AND e.digest = $2 AND m.deleted_at IS NOT NULL LIMIT 1)
           ORDER BY live DESC LIMIT 1`,
    values: [repositoryId, digest],
  });
  const [holder] = holders.rows;
  if (holder?.live) {
    const manifest = fromBytes(holder.digest);
    throw new Unsupported(`manifest ${manifest} holds this blob; delete the manifest first`, { detail: { manifest } });
  }
  return holder !== undefined;
}

/** Hides the link, or deletes it. */
export async function removeLink(
  client: PoolClient,
  repositoryId: number,
  digest: Buffer,
  hide: boolean,
): Promise<void> {
  await client.query({
    name: hide ? 'hide-link' : 'delete-link',
    text: hide
      ? 'UPDATE registry.blob_link SET hidden = true WHERE repository_id = $1 AND digest = $2'
      : 'DELETE FROM registry.blob_link WHERE repository_id = $1 AND digest = $2',
    values: [repositoryId, digest],
  });
}
