import type { PoolClient } from 'pg';

/**
 * Notes, in the transaction of a delete, that this operation was carried out. A caller whose answer was lost sends
 * the same operation again, finds nothing left to delete, and is told "done" instead of "not found".
 */
export async function noteFinished(client: PoolClient, operationId: string): Promise<void> {
  await client.query({
    name: 'note-finished-operation',
    text: 'INSERT INTO registry.finished_operation (id) VALUES ($1) ON CONFLICT DO NOTHING',
    values: [operationId],
  });
}

/** True when this very operation was carried out before. */
export async function wasFinished(client: PoolClient, operationId: string): Promise<boolean> {
  const found = await client.query({
    name: 'was-finished-operation',
    text: 'SELECT 1 FROM registry.finished_operation WHERE id = $1',
    values: [operationId],
  });
  return found.rowCount === 1;
}
