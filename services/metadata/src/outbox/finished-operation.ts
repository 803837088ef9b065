import type { PoolClient } from 'pg';

/**
 * Notes this operation as carried out, in its own transaction: gone again if that rolls back.
 *
 * A caller whose answer was lost sends the same operation again. It must be told "done", and it must not delete or push
 * a second time: what is at the name by then may have been pushed, or deleted, and acknowledged in between. Two at once:
 * the second waits for the first to end.
 *
 * @returns false when this very operation was carried out before; the caller does nothing more.
 */
export async function isFirstTime(client: PoolClient, operationId: string): Promise<boolean> {
  const noted = await client.query({
    name: 'note-finished-operation',
    text: 'INSERT INTO registry.finished_operation (id) VALUES ($1) ON CONFLICT DO NOTHING',
    values: [operationId],
  });
  return noted.rowCount === 1;
}
