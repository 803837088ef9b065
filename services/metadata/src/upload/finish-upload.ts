import { transaction } from '@lading/database';
import { BlobUploadUnknown, Unauthorized } from '@lading/oci';
import type { FinishUploadRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import { toBytes } from '../database/digest-bytes.js';
import { edgeLocks } from '../database/edge-lock.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { changeOf } from '../outbox/change-of.js';
import { locatePlace, type Place, placeOf, repositoryAt } from '../scope/place.js';
import { replaceDamaged } from './replace-damaged.js';

/**
 * Makes an uploaded blob visible: object state, link, lease, event and the end of the session in one transaction, after
 * the blob store said that the bytes are durable.
 *
 *   session and own object FOR UPDATE     the epoch decides; the object must still be `uploading`
 *   is the digest taken? FOR NO KEY UPDATE   conflicts with the collector's FOR UPDATE, not with pushes that refer to it
 *     free:  own object becomes live (two at once: the partial unique index lets one through, the other starts over)
 *     taken: own object becomes purging; the winner is revived if it was condemned
 *     taken by damaged bytes: own object becomes live in its place, everywhere (replace-damaged.ts)
 *   link with a new lease, un-hidden; edges that waited for this digest get their object (T12)
 *   session done; repository version and event last (T8)
 *
 * Sent again after it was carried out, it answers as before.
 *
 * @returns the object that serves the digest now.
 * @throws BlobUploadUnknown when the session ended or another request took it over; Unauthorized when the account or
 *   token was revoked since (T19).
 */
export async function finishUpload(
  pools: RegistryPools,
  request: FinishUploadRequest,
  leaseMs: number,
): Promise<string> {
  const scope = request.scope as Scope;
  const place = placeOf(scope);
  if (place && request.repositoryId) {
    try {
      return await finishAt(pools, request, { ...place, repositoryId: request.repositoryId }, leaseMs);
    } catch (error) {
      if (!(error instanceof BlobUploadUnknown)) throw error; // Else the look-up tells why.
    }
  }
  const located = await locatePlace(pools.read, scope);
  if (!located) throw new BlobUploadUnknown();
  return finishAt(pools, request, located, leaseMs);
}

async function finishAt(
  pools: RegistryPools,
  request: FinishUploadRequest,
  place: Place & { repositoryId: number },
  leaseMs: number,
): Promise<string> {
  const scope = request.scope as Scope;
  const { repositoryId } = place;
  const digest = toBytes(request.digest);
  const finish = async (client: PoolClient): Promise<string> => {
    const own = await lockSession(client, request, place);
    if (own.state === 'done') return servingObject(client, repositoryId, digest, own.object_id);
    const current = await lockCurrentObject(client, digest, [
      own.credential,
      own.principal,
      scope.credential,
      scope.principal,
    ]);
    const serving = current && !current.damaged ? current.id : undefined;
    const objectId = serving ?? own.object_id;
    if (current?.damaged)
      await replaceDamaged(client, { damagedId: current.id, objectId, digest: request.digest, size: request.size });
    await settleAndLink(client, {
      request,
      repositoryId,
      digest,
      ownId: own.object_id,
      objectId,
      leaseMs,
    });
    await appendRepositoryEvents(client, repositoryId, [
      uploadedEvent(request, scope, repositoryId, objectId, serving !== undefined),
    ]);
    return objectId;
  };
  const opening = edgeLocks(repositoryId, [digest]);
  return transaction(pools.write, finish, { opening, alsoConflicts: [LOST_THE_DIGEST] });
}

/** unique_violation, of `blob_object_one_current`: another upload of the digest won since the look; start over. */
const LOST_THE_DIGEST = '23505';

interface OwnSession {
  state: 'open' | 'done';
  object_id: string;
  credential: string;
  principal: string;
}

async function lockSession(
  client: PoolClient,
  request: FinishUploadRequest,
  { repositoryId, projectId, path }: Place & { repositoryId: number },
): Promise<OwnSession> {
  const { from, where } = repositoryAt('$3', '$4');
  const found = await client.query<OwnSession & { epoch: number; digest: Buffer | null; object_state: string }>({
    name: 'lock-upload-session',
    text: `SELECT s.state, s.epoch, s.digest, s.object_id, o.state AS object_state, s.credential, s.principal
           FROM registry.upload_session s JOIN registry.blob_object o ON o.id = s.object_id, ${from}
           WHERE s.id = $1 AND s.repository_id = $2 AND r.id = $2 AND ${where} FOR UPDATE OF s, o`,
    values: [request.uploadId, repositoryId, projectId, path],
  });
  const [session] = found.rows;
  if (session?.state === 'done' && session.digest?.equals(toBytes(request.digest))) return session;
  if (session?.state !== 'open' || session.epoch !== request.epoch || session.object_state !== 'uploading') {
    throw new BlobUploadUnknown();
  }
  return session;
}

/** What a finished session answers again; its own object when the blob was deleted since. */
async function servingObject(client: PoolClient, repositoryId: number, digest: Buffer, own: string): Promise<string> {
  const found = await client.query<{ object_id: string }>({
    name: 'serving-object',
    text: 'SELECT object_id FROM registry.blob_link WHERE repository_id = $1 AND digest = $2 AND NOT hidden',
    values: [repositoryId, digest],
  });
  return found.rows[0]?.object_id ?? own;
}

/**
 * The object that serves the digest already, locked; undefined when there is none.
 *
 * The same statement looks for a revocation: it is not the one that locks the session, so it sees what was committed
 * while that lock was waited for.
 *
 * @throws Unauthorized when one of the credentials was revoked.
 */
async function lockCurrentObject(
  client: PoolClient,
  digest: Buffer,
  credentials: readonly string[],
): Promise<{ id: string; damaged: boolean } | undefined> {
  const found = await client.query<{ id: string | null; damaged: boolean; revoked: boolean }>({
    name: 'lock-current-object',
    text: `SELECT o.id, o.damaged_at IS NOT NULL AS damaged, EXISTS (SELECT 1 FROM registry.revoked_credential WHERE credential = ANY($2)) AS revoked
           FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
             SELECT id, damaged_at FROM registry.blob_object
             WHERE digest = $1 AND state IN ('live', 'condemned') FOR NO KEY UPDATE) AS o ON true`,
    values: [digest, credentials],
  });
  const [row] = found.rows;
  if (row?.revoked) throw new Unauthorized('the account or token was revoked', { data: { error: 'invalid_token' } });
  return row?.id ? { id: row.id, damaged: row.damaged } : undefined;
}

/**
 * The objects' states, the link, the edges that waited for the digest, and the end of the session. The rows of these
 * tables were locked before, in order, but for the link, which only this session's repository has.
 *
 * @throws unique_violation when another upload of the digest won since the look: the transaction starts over.
 */
async function settleAndLink(
  client: PoolClient,
  done: {
    request: FinishUploadRequest;
    repositoryId: number;
    digest: Buffer;
    ownId: string;
    objectId: string;
    leaseMs: number;
  },
): Promise<void> {
  const { uploadId, size } = done.request;
  await client.query({
    name: 'settle-and-link',
    text: `WITH settled AS (
             UPDATE registry.blob_object
             SET state = CASE WHEN id = $3 THEN 'live' ELSE 'purging' END,
                 digest = CASE WHEN id = $3 THEN $2 ELSE digest END,
                 size = CASE WHEN id = $6 THEN $7 ELSE size END,
                 purge_after = CASE WHEN id = $3 THEN NULL ELSE clock_timestamp() END,
                 condemned_at = NULL, touched_at = clock_timestamp()
             WHERE id = $6 OR (id = $3 AND state = 'condemned')),
           linked AS (
             INSERT INTO registry.blob_link AS l (repository_id, digest, object_id, lease_until)
             VALUES ($1, $2, $3, clock_timestamp() + $5 * interval '1 millisecond')
             ON CONFLICT (repository_id, digest) DO UPDATE
             SET object_id = excluded.object_id, hidden = false, lease_until = greatest(l.lease_until, excluded.lease_until)),
           arrived AS (
             UPDATE registry.manifest_edge SET object_id = $3
             WHERE repository_id = $1 AND digest = $2 AND object_id IS NULL AND child_id IS NULL)
           UPDATE registry.upload_session SET state = 'done', digest = $2, ended_at = clock_timestamp() WHERE id = $4`,
    values: [done.repositoryId, done.digest, done.objectId, uploadId, done.leaseMs, done.ownId, size],
  });
}

function uploadedEvent(
  request: FinishUploadRequest,
  scope: Scope,
  repositoryId: number,
  objectId: string,
  duplicate: boolean,
) {
  return {
    type: 'dev.lading.blob.uploaded.v1' as const,
    subject: `${scope.name}@${request.digest}`,
    data: {
      ...changeOf(scope, repositoryId),
      digest: request.digest,
      objectId,
      size: request.size,
      duplicate,
    },
  };
}
