import type { RegistryPools } from '../database/registry-pools.js';

// The last steps of an object: its bytes are deleted outside any transaction, then the row says so. No arrow leaves
// `purging` but to `gone`, and the key belongs to no other row, so deleting late, twice, or from a collector that was
// given up for dead, can only ever hit dead bytes.

/** Objects whose bytes are to be deleted now, the longest waiting first. A plain read: nothing is claimed by it. */
export async function listPurgeable(pools: RegistryPools, limit: number): Promise<string[]> {
  const found = await pools.write.query<{ id: string }>({
    name: 'list-purgeable',
    text: `SELECT id FROM registry.blob_object
           WHERE state = 'purging' AND purge_after < clock_timestamp() ORDER BY purge_after, id LIMIT $1`,
    values: [limit],
  });
  return found.rows.map((row) => row.id);
}

/** The bytes are gone. @returns how many rows said `purging` until now, and the bytes of those whose size is known. */
export async function markPurged(
  pools: RegistryPools,
  objectIds: readonly string[],
): Promise<{ purged: number; bytes: number }> {
  const marked = await pools.write.query<{ size: number | null }>({
    name: 'mark-purged',
    text: `UPDATE registry.blob_object SET state = 'gone'
           WHERE id IN (SELECT id FROM registry.blob_object WHERE id = ANY($1::uuid[]) AND state = 'purging'
                        ORDER BY id FOR UPDATE)
           RETURNING size`,
    values: [objectIds],
  });
  return { purged: marked.rows.length, bytes: marked.rows.reduce((sum, { size }) => sum + (size ?? 0), 0) };
}

/**
 * A delete failed: the object comes up again, later each time, after a day at most. Only one that is due is postponed,
 * so the same call sent again does it once.
 */
export async function postponePurge(pools: RegistryPools, objectId: string): Promise<void> {
  await pools.write.query({
    name: 'postpone-purge',
    text: `UPDATE registry.blob_object
           SET attempts = attempts + 1,
               purge_after = clock_timestamp() + least(interval '1 day', interval '5 seconds' * power(2, least(attempts, 15)))
           WHERE id = $1 AND state = 'purging' AND purge_after <= clock_timestamp()`,
    values: [objectId],
  });
}
