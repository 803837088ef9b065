import type { PoolClient } from 'pg';
import { lockBlobs } from './lock-blobs.js';
import type { HeldManifests } from './lock-manifests.js';

// T5: what the collector hid comes back when a push names it, with all below it that the collector hid too. What a
// request deleted stays deleted, and so does whatever needs it: the manifest, or a blob whose link is hidden (T7).
// A manifest that comes back points at its blobs and children again, so it takes the same locks as a push of it would:
//
//   what is hidden below each of the digests, and what does that name? a plain look
//   objects and links FOR KEY SHARE (lock-blobs.ts), then the manifests and their children FOR NO KEY UPDATE, sorted:
//     a DELETE of any of them, link removal and the collector conflict with that, pushes do not
//   those of which everything is there under the locks come back

interface Need {
  root: Buffer;
  hidden: number;
  child: number | null;
  blob: Buffer | null;
}

/** @returns the ids that came back, by digest (hex of its bytes). */
export async function reviveCollected(
  client: PoolClient,
  repositoryId: number,
  digests: readonly Buffer[],
): Promise<HeldManifests> {
  if (digests.length === 0) return new Map();
  const needs = await whatIsHidden(client, repositoryId, digests);
  if (needs.length === 0) return new Map();
  const blobs = await lockBlobs(client, repositoryId, distinct(needs.map((need) => need.blob)));
  const states = await lockStates(
    client,
    needs.flatMap(({ hidden, child }) => [hidden, child ?? hidden]),
  );
  const hidden = new Set(needs.map((need) => need.hidden));
  const isThere = (need: Need) =>
    states.has(need.hidden) &&
    (need.blob === null || blobs.has(need.blob.toString('hex'))) &&
    (need.child === null || states.get(need.child) === 'live' || hidden.has(need.child));
  const lacking = new Set(needs.filter((need) => !isThere(need)).map((need) => need.root.toString('hex')));
  const whole = needs.filter((need) => !lacking.has(need.root.toString('hex')));
  return bringBack(client, [...new Set(whole.map((need) => need.hidden))]);
}

/** One row for each manifest hidden at or below a root, with each blob and each child that it names. */
async function whatIsHidden(client: PoolClient, repositoryId: number, digests: readonly Buffer[]): Promise<Need[]> {
  const found = await client.query<Need>({
    name: 'hidden-by-collector',
    text: `WITH RECURSIVE hidden AS (
             SELECT id, digest AS root FROM registry.manifest
             WHERE repository_id = $1 AND digest = ANY($2) AND delete_reason = 'collector'
             UNION
             SELECT c.id, h.root FROM hidden h
             JOIN registry.manifest_edge e ON e.manifest_id = h.id
             JOIN registry.manifest c ON c.id = e.child_id AND c.delete_reason = 'collector')
           SELECT h.root, h.id AS hidden, e.child_id AS child, CASE WHEN e.object_id IS NOT NULL THEN e.digest END AS blob
           FROM hidden h LEFT JOIN registry.manifest_edge e ON e.manifest_id = h.id`,
    values: [repositoryId, digests],
  });
  return found.rows;
}

/** As they are under the lock; a manifest that a request deleted, or that is gone, is not in the answer. */
async function lockStates(client: PoolClient, ids: readonly number[]): Promise<Map<number, 'live' | 'collected'>> {
  const locked = await client.query<{ id: number; collected: boolean }>({
    name: 'lock-to-revive',
    text: `SELECT id, deleted_at IS NOT NULL AS collected FROM registry.manifest
           WHERE id = ANY($1::bigint[]) AND delete_reason IS DISTINCT FROM 'request' ORDER BY id FOR NO KEY UPDATE`,
    values: [ids],
  });
  return new Map(locked.rows.map((row) => [row.id, row.collected ? 'collected' : 'live']));
}

async function bringBack(client: PoolClient, ids: readonly number[]): Promise<HeldManifests> {
  if (ids.length === 0) return new Map();
  const revived = await client.query<{ id: number; digest: Buffer }>({
    name: 'revive-collected-manifests',
    text: `UPDATE registry.manifest
           SET deleted_at = NULL, delete_reason = NULL, delete_operation = NULL, untagged_at = NULL
           WHERE id = ANY($1::bigint[]) RETURNING id, digest`,
    values: [ids],
  });
  return new Map(revived.rows.map((row) => [row.digest.toString('hex'), row.id]));
}

function distinct(digests: readonly (Buffer | null)[]): Buffer[] {
  return [...new Map(digests.flatMap((digest) => (digest ? [[digest.toString('hex'), digest]] : []))).values()];
}
