import { Gone, ManifestUnknown } from '@lading/oci';
import type { PoolClient } from 'pg';
import { edgeLocks } from '../database/edge-lock.js';

/** What came back. */
export interface BroughtBack {
  /** Of the manifest itself, then of deleted ones that it names, at any depth. */
  readonly ids: readonly number[];
  /** The operation that had deleted it, which also took its tags. */
  readonly deletedBy: string | null;
}

interface Named {
  id: number;
  own: Buffer;
  subject: Buffer | null;
  digest: Buffer | null;
  object_id: string | null;
  child_id: number | null;
}

/**
 * Makes deleted manifests live again, with everything they need: the bytes are there, because a deleted manifest keeps its
 * references until it is expunged (T3).
 *
 *   a plain look: what is deleted at and below the manifest, and what does it name? advisory locks of all these digests, as
 *     for an arrival of each (T12), and the look again
 *   objects FOR KEY SHARE, live as they must be; links FOR NO KEY UPDATE, the hidden ones are shown again (T7)
 *   manifests: the deleted ones FOR UPDATE, as whoever expunges them would; children that are live FOR KEY SHARE, as a
 *     push of the index would; each sorted
 *   edges that waited for one of them, or for a blob that is shown again
 *   what is not as it was found starts over; nothing is restored in part
 *
 * @throws ManifestUnknown when it is not deleted; Gone when the time for restoring it is over.
 */
export async function bringBack(
  client: PoolClient,
  repositoryId: number,
  manifestId: number,
  windowMs: number,
): Promise<BroughtBack> {
  await lockEdges(client, repositoryId, await whatIsNeeded(client, repositoryId, manifestId));
  const named = await whatIsNeeded(client, repositoryId, manifestId);
  const deleted = [...new Set(named.map(({ id }) => id))];
  await shareObjects(client, named);
  await showLinks(client, repositoryId, named);
  const locked = await lockDeleted(client, deleted);
  const own = locked.find(({ id }) => id === manifestId);
  if (!own) throw new ManifestUnknown('the manifest is not deleted');
  if (own.age_ms > windowMs) throw new Gone('the time for restoring the manifest is over');
  const children = named.flatMap(({ child_id }) => (child_id === null || deleted.includes(child_id) ? [] : [child_id]));
  const live = await shareLive(client, children);
  if (locked.length < deleted.length || live < new Set(children).size) throw new RestoreMoved();
  await restore(client, deleted);
  return { ids: [manifestId, ...deleted.filter((id) => id !== manifestId)], deletedBy: own.delete_operation };
}

/** One row for each thing that a manifest, deleted at or below this one, names. */
async function whatIsNeeded(client: PoolClient, repositoryId: number, manifestId: number): Promise<Named[]> {
  const { rows } = await client.query<Named>({
    name: 'needed-to-restore',
    text: `WITH RECURSIVE deleted AS (
             SELECT id, digest, subject FROM registry.manifest
             WHERE id = $2 AND repository_id = $1 AND deleted_at IS NOT NULL
             UNION
             SELECT c.id, c.digest, c.subject FROM deleted d JOIN registry.manifest_edge e ON e.manifest_id = d.id
             JOIN registry.manifest c ON c.id = e.child_id AND c.deleted_at IS NOT NULL)
           SELECT d.id, d.digest AS own, d.subject, e.digest, e.object_id, e.child_id
           FROM deleted d LEFT JOIN registry.manifest_edge e ON e.manifest_id = d.id`,
    values: [repositoryId, manifestId],
  });
  return rows;
}

/** Before any row: whoever pushes an edge to one of these, or a subject that one of them names, takes turns with us. */
async function lockEdges(client: PoolClient, repositoryId: number, named: readonly Named[]): Promise<void> {
  if (named.length === 0) return;
  await client.query(
    edgeLocks(
      repositoryId,
      named.flatMap(({ own, subject, digest }) => [own, subject ?? own, digest ?? own]),
    ),
  );
}

/** An edge keeps its object live, so all are there. */
async function shareObjects(client: PoolClient, named: readonly Named[]): Promise<void> {
  const ids = [...new Set(named.flatMap(({ object_id }) => object_id ?? []))];
  const { rowCount } = await client.query({
    name: 'share-objects-to-restore',
    text: `SELECT 1 FROM registry.blob_object WHERE id = ANY($1::uuid[]) AND state = 'live' ORDER BY id FOR KEY SHARE`,
    values: [ids],
  });
  if (rowCount !== ids.length) throw new RestoreMoved();
}

/**
 * All of them are locked, hidden or not: a DELETE of a blob that looked before this manifest was live holds its link, and
 * is waited for. A statement of its own, because a lock within the UPDATE would be taken on hidden links alone.
 */
async function showLinks(client: PoolClient, repositoryId: number, named: readonly Named[]): Promise<void> {
  const digests = named.flatMap(({ digest, object_id }) => (digest && object_id !== null ? [digest] : []));
  const locked = await client.query({
    name: 'lock-links-to-restore',
    text: `SELECT 1 FROM registry.blob_link WHERE repository_id = $1 AND digest = ANY($2)
           ORDER BY digest FOR NO KEY UPDATE`,
    values: [repositoryId, digests],
  });
  if (locked.rowCount !== new Set(digests.map((digest) => digest.toString('hex'))).size) throw new RestoreMoved();
  await client.query({
    name: 'show-links-to-restore',
    text: `WITH shown AS (
             UPDATE registry.blob_link SET hidden = false WHERE repository_id = $1 AND digest = ANY($2) AND hidden
             RETURNING digest, object_id)
           UPDATE registry.manifest_edge e SET object_id = shown.object_id FROM shown
           WHERE e.repository_id = $1 AND e.digest = shown.digest AND e.object_id IS NULL AND e.child_id IS NULL`,
    values: [repositoryId, digests],
  });
}

interface Deleted {
  id: number;
  age_ms: number;
  delete_operation: string | null;
}

async function lockDeleted(client: PoolClient, ids: readonly number[]): Promise<Deleted[]> {
  const { rows } = await client.query<Deleted>({
    name: 'lock-to-restore',
    text: `SELECT id, delete_operation, extract(epoch FROM clock_timestamp() - deleted_at)::float8 * 1000 AS age_ms
           FROM registry.manifest WHERE id = ANY($1::bigint[]) AND deleted_at IS NOT NULL ORDER BY id FOR UPDATE`,
    values: [ids],
  });
  return rows;
}

async function shareLive(client: PoolClient, ids: readonly number[]): Promise<number> {
  if (ids.length === 0) return 0;
  const { rowCount } = await client.query({
    name: 'share-children-to-restore',
    text: `SELECT 1 FROM registry.manifest WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL ORDER BY id FOR KEY SHARE`,
    values: [ids],
  });
  return rowCount ?? 0;
}

/** Without a name until tags are put back: the clock of the manifest itself starts; its children have a parent again. */
async function restore(client: PoolClient, ids: readonly number[]): Promise<void> {
  await client.query({
    name: 'restore-manifests',
    text: `WITH parents AS (
             UPDATE registry.manifest_edge e SET child_id = m.id FROM registry.manifest m
             WHERE m.id = ANY($1::bigint[]) AND e.repository_id = m.repository_id AND e.digest = m.digest
               AND e.child_id IS NULL AND e.object_id IS NULL)
           UPDATE registry.manifest m
           SET deleted_at = NULL, delete_reason = NULL, delete_operation = NULL,
               untagged_at = CASE WHEN m.subject IS NULL THEN clock_timestamp() END
           WHERE id = ANY($1::bigint[])`,
    values: [ids],
  });
  await client.query({
    name: 'stop-clocks-of-restored',
    text: `UPDATE registry.manifest c SET untagged_at = NULL
           WHERE c.id IN (SELECT c.id FROM registry.manifest_edge e JOIN registry.manifest c ON c.id = e.child_id
                          WHERE e.manifest_id = ANY($1::bigint[]) AND c.untagged_at IS NOT NULL
                          ORDER BY c.id FOR NO KEY UPDATE OF c)`,
    values: [ids],
  });
}

/** Something changed between the look and the locks: the transaction starts over (40001). */
export class RestoreMoved extends Error {
  readonly code = '40001';
}
