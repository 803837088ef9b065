import type { RegistryPools } from '../database/registry-pools.js';

/** A finished session answers its closing PUT again for this long; retries of deletes come sooner. */
const REMEMBERED = `interval '15 minutes'`;

/**
 * Removes sessions that ended and notes of operations that were carried out, once no retry asks for them.
 *
 * @returns how many rows went.
 */
export async function forgetFinished(pools: RegistryPools, limit: number): Promise<number> {
  const sessions = await pools.write.query({
    name: 'forget-sessions',
    text: `DELETE FROM registry.upload_session WHERE id IN (
             SELECT id FROM registry.upload_session WHERE state <> 'open' AND ended_at < clock_timestamp() - ${REMEMBERED}
             ORDER BY ended_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    values: [limit],
  });
  const operations = await pools.write.query({
    name: 'forget-operations',
    text: `DELETE FROM registry.finished_operation WHERE id IN (
             SELECT id FROM registry.finished_operation WHERE finished_at < clock_timestamp() - ${REMEMBERED}
             ORDER BY finished_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    values: [limit],
  });
  return (sessions.rowCount ?? 0) + (operations.rowCount ?? 0);
}
