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
