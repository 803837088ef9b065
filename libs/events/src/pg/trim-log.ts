import { statement, transaction } from '@lading/database';
import type { Pool } from 'pg';

/**
 * Removes the oldest events of the log, and notes how far: a reader that was not there yet is told that it missed some.
 *
 * @param keepMs how long an event is kept after it was logged.
 * @param limit most events in one call.
 * @returns how many went.
 */
export async function trimLog(pool: Pool, keepMs: number, limit: number): Promise<number> {
  return transaction(pool, async (client) => {
    const { rows } = await client.query<{ removed: number }>(
      statement(
        `WITH old AS (
           SELECT position FROM events.log WHERE logged_at < clock_timestamp() - $1 * interval '1 millisecond'
           ORDER BY position LIMIT $2 FOR UPDATE SKIP LOCKED),
         removed AS (
           DELETE FROM events.log l USING old WHERE l.position = old.position
           RETURNING l.position, l.topic, l.partition),
         noted AS (
           UPDATE events.partition_head h SET removed_to = greatest(h.removed_to, r.last)
           FROM (SELECT topic, partition, max(position) AS last FROM removed GROUP BY topic, partition) AS r
           WHERE h.topic = r.topic AND h.partition = r.partition),
         headed AS (
           UPDATE events.head SET removed_to = greatest(removed_to, (SELECT max(position) FROM removed))
           WHERE EXISTS (SELECT 1 FROM removed))
         SELECT count(*) AS removed FROM removed`,
        [keepMs, limit],
      ),
    );
    return rows[0]?.removed ?? 0;
  });
}
