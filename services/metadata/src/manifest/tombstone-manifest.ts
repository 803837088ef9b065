import type { PoolClient } from 'pg';

/**
 * Hides a manifest whose row the caller holds FOR UPDATE: tombstone, tags out and into history, and the clocks of the
 * children that lost their last live parent. Its edges stay, so that a restore finds every blob in place (T3).
 *
 * @returns the tags that named it, sorted.
 */
export async function tombstoneManifest(
  client: PoolClient,
  deletion: {
    repositoryId: number;
    manifestId: number;
    operation: string;
    actor: string;
    reason: 'request' | 'collector';
  },
): Promise<string[]> {
  const removed = await client.query<{ name: string }>({
    name: 'tombstone-manifest',
    text: `WITH hidden AS (
             UPDATE registry.manifest
             SET deleted_at = clock_timestamp(), delete_operation = $3, delete_reason = $5
             WHERE id = $2),
           locked AS (
             SELECT name FROM registry.tag WHERE repository_id = $1 AND manifest_id = $2 ORDER BY name FOR UPDATE),
           removed AS (
             DELETE FROM registry.tag t USING locked
             WHERE t.repository_id = $1 AND t.name = locked.name AND t.manifest_id = $2 RETURNING t.name),
           history AS (
             INSERT INTO registry.tag_history (repository_id, name, from_manifest_id, operation, actor)
             SELECT $1, name, $2, $3, $4 FROM removed)
           SELECT name FROM removed ORDER BY name`,
    values: [deletion.repositoryId, deletion.manifestId, deletion.operation, deletion.actor, deletion.reason],
  });
  await startOrphanClocks(client, deletion.manifestId);
  return removed.rows.map((row) => row.name);
}

/** A new statement, so that it sees the tombstone. SKIP LOCKED for the reason in set-tags.ts. */
async function startOrphanClocks(client: PoolClient, parentId: number): Promise<void> {
  await client.query({
    name: 'start-orphan-clocks',
    text: `UPDATE registry.manifest c SET untagged_at = clock_timestamp()
           FROM (SELECT id FROM registry.manifest
                 WHERE id IN (SELECT child_id FROM registry.manifest_edge WHERE manifest_id = $1 AND child_id IS NOT NULL)
                 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED) AS free
           WHERE c.id = free.id AND c.deleted_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = c.id)
             AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e JOIN registry.manifest p ON p.id = e.manifest_id
                             WHERE e.child_id = c.id AND p.deleted_at IS NULL)`,
    values: [parentId],
  });
}
