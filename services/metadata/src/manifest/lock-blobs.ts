import type { PoolClient } from 'pg';
import { reviveObjects } from '../blob/keep-blob.js';

/** Object id by digest (hex of its bytes), for the blobs that a repository shows and that stay until we commit. */
export type HeldBlobs = ReadonlyMap<string, string>;

/**
 * Takes the blobs that a manifest is about to name: objects first, then the repository's links, each sorted and
 * FOR KEY SHARE. Pushes that share base layers hold these locks together; the collector's FOR UPDATE, link removal and
 * blob DELETE conflict with them.
 *
 * The object must be `live`, its bytes not known to be damaged, and the link unhidden *after* the lock: all are read again
 * by PostgreSQL once a lock was waited for. A condemned object is revived first, by writing its row, so that whoever holds
 * it condemned sees it.
 * Digests that are not held are not in the result; whether that is an error is for the caller to say.
 */
export async function lockBlobs(
  client: PoolClient,
  repositoryId: number,
  digests: readonly Buffer[],
): Promise<HeldBlobs> {
  if (digests.length === 0) return new Map();
  const live = await shareLiveObjects(client, repositoryId, digests);
  const missing = digests.filter((digest) => !live.has(digest.toString('hex')));
  const objects = new Map([...live, ...(await takeCurrentObjects(client, repositoryId, missing))]);
  const links = [...(await shareVisibleLinks(client, repositoryId, digests))];
  const held = new Map(links.filter(([digest, objectId]) => objects.get(digest) === objectId));
  if (held.size < links.length) {
    const others = links.filter(([digest]) => !held.has(digest)).map(([, objectId]) => objectId);
    await assertNotReplaced(client, others);
  }
  return held;
}

/** Only objects of links that are visible now; an object without a visible link is not taken. */
async function shareLiveObjects(client: PoolClient, repositoryId: number, digests: readonly Buffer[]) {
  const locked = await client.query<{ digest: Buffer; object_id: string }>({
    name: 'share-live-objects',
    text: `SELECT l.digest, o.id AS object_id
           FROM registry.blob_link l JOIN registry.blob_object o ON o.id = l.object_id
           WHERE l.repository_id = $1 AND l.digest = ANY($2) AND NOT l.hidden AND o.state = 'live' AND o.damaged_at IS NULL
           ORDER BY o.id FOR KEY SHARE OF o`,
    values: [repositoryId, digests],
  });
  return byDigest(locked.rows);
}

/**
 * The collector may have condemned what is about to be used: undone here, under a lock that conflicts with its own. Live ones
 * are taken as well: another push may have revived one since it was looked for, and would be waited for here.
 */
async function takeCurrentObjects(client: PoolClient, repositoryId: number, digests: readonly Buffer[]) {
  if (digests.length === 0) return new Map<string, string>();
  const taken = await client.query<{ digest: Buffer; object_id: string; condemned: boolean }>({
    name: 'take-current-objects',
    text: `SELECT l.digest, o.id AS object_id, o.state = 'condemned' AS condemned
           FROM registry.blob_link l JOIN registry.blob_object o ON o.id = l.object_id
           WHERE l.repository_id = $1 AND l.digest = ANY($2) AND NOT l.hidden
             AND o.state IN ('live', 'condemned') AND o.damaged_at IS NULL
           ORDER BY o.id FOR NO KEY UPDATE OF o`,
    values: [repositoryId, digests],
  });
  const condemned = taken.rows.filter((row) => row.condemned).map((row) => row.object_id);
  if (condemned.length > 0) await reviveObjects(client, condemned);
  return byDigest(taken.rows);
}

/** `hidden` is read under the lock: a blob DELETE that came first has hidden or removed the link by then (T7). */
async function shareVisibleLinks(client: PoolClient, repositoryId: number, digests: readonly Buffer[]) {
  const locked = await client.query<{ digest: Buffer; object_id: string }>({
    name: 'share-visible-links',
    text: `SELECT digest, object_id FROM registry.blob_link
           WHERE repository_id = $1 AND digest = ANY($2) AND NOT hidden ORDER BY digest FOR KEY SHARE`,
    values: [repositoryId, digests],
  });
  return byDigest(locked.rows);
}

/**
 * A link whose object was not taken names one that is damaged, or past the point of no return. If it is whole by now, a push
 * has replaced the one that was looked for: an edge that may lack its blob would lack one that is there (T12).
 */
async function assertNotReplaced(client: PoolClient, objectIds: readonly string[]): Promise<void> {
  const replaced = await client.query({
    name: 'replaced-since-look',
    text: `SELECT 1 FROM registry.blob_object
           WHERE id = ANY($1::uuid[]) AND state IN ('live', 'condemned') AND damaged_at IS NULL LIMIT 1`,
    values: [objectIds],
  });
  if (replaced.rowCount !== 0) throw new BlobReplaced();
}

/** The transaction starts over (40001). */
class BlobReplaced extends Error {
  readonly code = '40001';
}

function byDigest(rows: readonly { digest: Buffer; object_id: string }[]): Map<string, string> {
  return new Map(rows.map((row) => [row.digest.toString('hex'), row.object_id]));
}
