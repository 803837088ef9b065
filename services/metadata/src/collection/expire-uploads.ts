import type { RegistryPools } from '../database/registry-pools.js';

/**
 * Ends sessions that were silent for longer than their time; their objects are past the point of no return.
 *
 * A compare-and-set on each session row, FOR UPDATE SKIP LOCKED: a session that is being finished is alive. The epoch
 * rises, so a request that is still writing finds out at its next step, and what it writes goes to a key that is
 * purged and never used again. The clock is the database's, read after the lock.
 *
 * @returns how many ended.
 */
export async function expireUploads(pools: RegistryPools, limit: number): Promise<number> {
  const expired = await pools.write.query({
    name: 'expire-uploads',
    text: `WITH due AS (
             SELECT id FROM registry.upload_session
             WHERE state = 'open' AND expires_at < clock_timestamp()
             ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED),
           ended AS (
             UPDATE registry.upload_session s SET state = 'aborted', epoch = epoch + 1, ended_at = clock_timestamp()
             FROM due WHERE s.id = due.id RETURNING s.object_id)
           UPDATE registry.blob_object o SET state = 'purging', purge_after = clock_timestamp()
           FROM ended WHERE o.id = ended.object_id AND o.state = 'uploading'`,
    values: [limit],
  });
  return expired.rowCount ?? 0;
}
