import type { PoolClient } from 'pg';

/** Live manifests of the repository by digest (hex of its bytes), locked until we commit. */
export type HeldManifests = ReadonlyMap<string, number>;

/**
 * Takes the manifests that a push touches, in one sorted statement, live and FOR KEY SHARE (T1): the children it names,
 * its subject, and the referrers that name *it* as subject (T11). A deleter takes its row FOR UPDATE first, so either
 * it finds the reference, or this does not find the row.
 *
 * @returns those of `digests` that are live, by digest; referrers are locked and not returned.
 */
export async function lockManifests(
  client: PoolClient,
  repositoryId: number,
  digests: readonly Buffer[],
  own: Buffer,
): Promise<HeldManifests> {
  const locked = await client.query<{ id: number; digest: Buffer }>({
    name: 'share-live-manifests',
    text: `SELECT id, digest FROM registry.manifest
           WHERE repository_id = $1 AND deleted_at IS NULL AND (digest = ANY($2) OR subject = $3)
           ORDER BY id FOR KEY SHARE`,
    values: [repositoryId, digests, own],
  });
  const wanted = new Set(digests.map((digest) => digest.toString('hex')));
  const found = locked.rows.map((row) => [row.digest.toString('hex'), row.id] as const);
  return new Map(found.filter(([digest]) => wanted.has(digest)));
}

/**
 * Brings back what the collector hid (T5): the manifests of these digests, and below them every child that the
 * collector hid too. What a request deleted stays deleted.
 *
 * FOR UPDATE, sorted, and checked again under the lock: an expunge that came first has removed the row, and the digest
 * is simply missing.
 *
 * @returns the ids that came back, by digest (hex of its bytes).
 */
export async function reviveCollected(client: PoolClient, repositoryId: number, digests: readonly Buffer[]): Promise<HeldManifests> {
  if (digests.length === 0) return new Map();
  const revived = await client.query<{ id: number; digest: Buffer }>({
    name: 'revive-collected-manifests',
    text: `WITH RECURSIVE hidden AS (
             SELECT id FROM registry.manifest
             WHERE repository_id = $1 AND digest = ANY($2) AND delete_reason = 'collector'
             UNION
             SELECT c.id FROM hidden h
             JOIN registry.manifest_edge e ON e.manifest_id = h.id
             JOIN registry.manifest c ON c.id = e.child_id AND c.delete_reason = 'collector'),
           locked AS (
             SELECT id FROM registry.manifest
             WHERE id IN (SELECT id FROM hidden) AND delete_reason = 'collector' ORDER BY id FOR UPDATE)
           UPDATE registry.manifest m
           SET deleted_at = NULL, delete_reason = NULL, delete_operation = NULL, untagged_at = NULL
           FROM locked WHERE m.id = locked.id
           RETURNING m.id, m.digest`,
    values: [repositoryId, digests],
  });
  return new Map(revived.rows.map((row) => [row.digest.toString('hex'), row.id]));
}
