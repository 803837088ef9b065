import { transaction } from '@lading/database';
import { Unauthorized } from '@lading/oci';
import type { MountBlobRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import { toBytes } from '../database/digest-bytes.js';
import { edgeLocks } from '../database/edge-lock.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents, assertRepositoryLive } from '../outbox/append-events.js';
import { changeOf } from '../outbox/change-of.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { locateRepository } from '../scope/locate-repository.js';
import { reviveObjects } from './keep-blob.js';

/**
 * Links a blob that another repository shows into this one, without moving a byte (T16).
 *
 *   object of the source's link FOR KEY SHARE, live and whole (a condemned one is taken FOR NO KEY UPDATE and revived)
 *   the source's link FOR KEY SHARE, unhidden, still naming that object
 *   link here with a lease; edges that waited for this digest; repository version and event last
 *
 * The locks keep the collector, link removal and blob DELETE away until the new link is committed; afterwards the
 * source may vanish. A blob that is linked here already gets a new lease and no event, so the same call sent again changes
 * nothing more.
 *
 * @param repositoryId the target, which exists.
 * @returns false when there is nothing to mount: the client uploads.
 */
export async function mountBlob(
  pools: RegistryPools,
  repositoryId: number,
  request: MountBlobRequest,
  leaseMs: number,
): Promise<boolean> {
  const sourceId = await findSource(pools, request.from as Scope);
  if (sourceId === undefined) return false;
  const digest = toBytes(request.digest);
  const mount = async (client: PoolClient): Promise<boolean> => {
    const source = await lockSource(client, sourceId, digest);
    if (source === undefined) return false;
    const { objectId, size } = source;
    if (request.operationId !== undefined && !(await isFirstTime(client, request.operationId))) return true;
    const isNew = !(await isShownAlready(client, repositoryId, digest, objectId));
    await linkMounted(client, { repositoryId, digest, objectId, leaseMs });
    if (!isNew) {
      await assertRepositoryLive(client, repositoryId);
      return true;
    }
    const scope = request.scope as Scope;
    const data = {
      ...changeOf(scope, repositoryId),
      digest: request.digest,
      objectId,
      size,
      fromRepositoryId: sourceId,
      fromPath: (request.from as Scope).name,
    };
    await appendRepositoryEvents(client, repositoryId, [
      { type: 'dev.lading.blob.mounted.v1', subject: `${scope.name}@${request.digest}`, data },
    ]);
    return true;
  };
  return transaction(pools.write, mount, { opening: edgeLocks(repositoryId, [digest]) });
}

/** A source that the grant does not reach any more is no source; the mount goes on as an upload. */
async function findSource(pools: RegistryPools, from: Scope): Promise<number | undefined> {
  try {
    return (await locateRepository(pools.read, from)).repository?.id;
  } catch (error) {
    if (error instanceof Unauthorized) return undefined;
    throw error;
  }
}

/** What is mounted. */
interface Source {
  objectId: string;
  size: number;
}

async function lockSource(client: PoolClient, sourceId: number, digest: Buffer): Promise<Source | undefined> {
  const seen = await client.query<{ object_id: string }>({
    name: 'find-mount-source',
    text: `SELECT l.object_id FROM registry.blob_link l JOIN registry.repository r ON r.id = l.repository_id
           WHERE l.repository_id = $1 AND l.digest = $2 AND NOT l.hidden AND r.deleted_at IS NULL`,
    values: [sourceId, digest],
  });
  const objectId = seen.rows[0]?.object_id;
  if (objectId === undefined) return undefined;
  const size = await lockObject(client, objectId);
  if (size === undefined) return undefined;
  const link = await client.query({
    name: 'lock-mount-link',
    text: `SELECT 1 FROM registry.blob_link
           WHERE repository_id = $1 AND digest = $2 AND object_id = $3 AND NOT hidden FOR KEY SHARE`,
    values: [sourceId, digest, objectId],
  });
  return link.rowCount === 1 ? { objectId, size } : undefined;
}

/** @returns its size; undefined when it is past the point of no return. */
async function lockObject(client: PoolClient, objectId: string): Promise<number | undefined> {
  const live = await shareLive(client, objectId);
  if (live !== undefined) return live;
  await reviveObjects(client, [objectId]);
  return shareLive(client, objectId);
}

async function shareLive(client: PoolClient, objectId: string): Promise<number | undefined> {
  const live = await client.query<{ size: number }>({
    name: 'share-live-object',
    text: `SELECT size FROM registry.blob_object
           WHERE id = $1 AND state = 'live' AND damaged_at IS NULL FOR KEY SHARE`,
    values: [objectId],
  });
  return live.rows[0]?.size;
}

/**
 * Whether the target shows this very object before the mount. Its link is locked and read in a statement before the one
 * that writes it: a DELETE that was waited for is seen. Other arrivals of the digest are kept away by the edge lock.
 */
async function isShownAlready(
  client: PoolClient,
  repositoryId: number,
  digest: Buffer,
  objectId: string,
): Promise<boolean> {
  const link = await client.query({
    name: 'lock-target-link',
    text: `SELECT 1 FROM registry.blob_link
           WHERE repository_id = $1 AND digest = $2 AND object_id = $3 AND NOT hidden FOR NO KEY UPDATE`,
    values: [repositoryId, digest, objectId],
  });
  return link.rowCount === 1;
}

async function linkMounted(
  client: PoolClient,
  link: { repositoryId: number; digest: Buffer; objectId: string; leaseMs: number },
): Promise<void> {
  await client.query({
    name: 'link-mounted',
    text: `WITH arrived AS (
             UPDATE registry.manifest_edge SET object_id = $3
             WHERE repository_id = $1 AND digest = $2 AND object_id IS NULL AND child_id IS NULL)
           INSERT INTO registry.blob_link AS l (repository_id, digest, object_id, lease_until)
           VALUES ($1, $2, $3, clock_timestamp() + $4 * interval '1 millisecond')
           ON CONFLICT (repository_id, digest) DO UPDATE
           SET object_id = excluded.object_id, hidden = false, lease_until = greatest(l.lease_until, excluded.lease_until)`,
    values: [link.repositoryId, link.digest, link.objectId, link.leaseMs],
  });
}
