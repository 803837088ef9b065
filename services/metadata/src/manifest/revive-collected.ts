import type { PoolClient } from 'pg';
import { lockBlobs } from './lock-blobs.js';
import type { HeldManifests } from './lock-manifests.js';

// T5: what the collector hid comes back when a push names it, with all below it that the collector hid too. What a
// request deleted stays deleted, and so does whatever needs it: the manifest, or a blob whose link is hidden (T7).
// A manifest that comes back points at its blobs and children again, so it takes the same locks as a push of it would:
//
//   what is hidden at and below each of the digests, and what does that name? a plain look
//   objects and links FOR KEY SHARE (lock-blobs.ts), then the manifests and their children FOR NO KEY UPDATE, sorted:
//     a DELETE of any of them, link removal and the collector conflict with that, pushes do not
//   those of which everything is there under the locks come back
//
// A digest may have come back since it was missed, by another push that names it. It is taken in the same way.

interface Need {
  root: Buffer;
  hidden: number;
  /** False for a root that is live by now. */
  collected: boolean;
  child: number | null;
  blob: Buffer | null;
}

export interface Revived {
  /** Those of the digests that are live now, and what came back below them; locked until we commit. */
  readonly held: HeldManifests;
  /** Those that this call brought back. */
  readonly ids: readonly number[];
}

const NOTHING: Revived = { held: new Map(), ids: [] };

export async function reviveCollected(
  client: PoolClient,
  repositoryId: number,
  digests: readonly Buffer[],
): Promise<Revived> {
  if (digests.length === 0) return NOTHING;
  const needs = await whatIsHidden(client, repositoryId, digests);
  if (needs.length === 0) return NOTHING;
  const blobs = await lockBlobs(client, repositoryId, distinct(needs.map((need) => need.blob)));
  const states = await lockStates(
    client,
    needs.flatMap(({ hidden, child }) => [hidden, child ?? hidden]),
  );
  if (needs.some((need) => !need.collected && states.get(need.hidden)?.collected)) throw new CollectedAgain();
  const hidden = new Set(needs.map((need) => need.hidden));
  const isThere = (need: Need) =>
    states.has(need.hidden) &&
    (need.blob === null || blobs.has(need.blob.toString('hex'))) &&
    (need.child === null || states.get(need.child)?.collected === false || hidden.has(need.child));
  const lacking = new Set(needs.filter((need) => !isThere(need)).map((need) => need.root.toString('hex')));
  const whole = needs.filter((need) => !lacking.has(need.root.toString('hex')));
  const found = [...new Set(whole.map((need) => need.hidden))].flatMap((id) => states.get(id) ?? []);
  const ids = found.filter(({ collected }) => collected).map(({ id }) => id);
  await bringBack(client, ids);
  return { held: new Map(found.map(({ id, digest }) => [digest.toString('hex'), id])), ids };
}

/** One row for each manifest hidden at or below a root, with each blob and each child that it names; one for a live root. */
async function whatIsHidden(client: PoolClient, repositoryId: number, digests: readonly Buffer[]): Promise<Need[]> {
  const found = await client.query<Need>({
    name: 'hidden-by-collector',
    text: `WITH RECURSIVE hidden AS (
             SELECT id, digest AS root, deleted_at IS NOT NULL AS collected FROM registry.manifest
             WHERE repository_id = $1 AND digest = ANY($2) AND delete_reason IS DISTINCT FROM 'request'
             UNION
             SELECT c.id, h.root, true FROM hidden h
             JOIN registry.manifest_edge e ON e.manifest_id = h.id
             JOIN registry.manifest c ON c.id = e.child_id AND c.delete_reason = 'collector')
           SELECT h.root, h.id AS hidden, h.collected, e.child_id AS child, CASE WHEN e.object_id IS NOT NULL THEN e.digest END AS blob
           FROM hidden h LEFT JOIN registry.manifest_edge e ON e.manifest_id = h.id AND h.collected`,
    values: [repositoryId, digests],
  });
  return found.rows;
}

interface State {
  id: number;
  digest: Buffer;
  collected: boolean;
}

/** As they are under the lock; a manifest that a request deleted, or that is gone, is not in the answer. */
async function lockStates(client: PoolClient, ids: readonly number[]): Promise<Map<number, State>> {
  const locked = await client.query<State>({
    name: 'lock-to-revive',
    text: `SELECT id, digest, deleted_at IS NOT NULL AS collected FROM registry.manifest
           WHERE id = ANY($1::bigint[]) AND delete_reason IS DISTINCT FROM 'request' ORDER BY id FOR NO KEY UPDATE`,
    values: [ids],
  });
  return new Map(locked.rows.map((row) => [row.id, row]));
}

async function bringBack(client: PoolClient, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await client.query({
    name: 'revive-collected-manifests',
    text: `UPDATE registry.manifest
           SET deleted_at = NULL, delete_reason = NULL, delete_operation = NULL, untagged_at = NULL
           WHERE id = ANY($1::bigint[])`,
    values: [ids],
  });
}

function distinct(digests: readonly (Buffer | null)[]): Buffer[] {
  return [...new Map(digests.flatMap((digest) => (digest ? [[digest.toString('hex'), digest]] : []))).values()];
}

/** It was live when it was looked for, and what it names was not looked at: the transaction starts over (40001). */
class CollectedAgain extends Error {
  readonly code = '40001';
}
