import { statement } from '@lading/database';
import type { Pool, PoolClient } from 'pg';

/**
 * The cursor of the newest event that the transaction sees. What it does not see of a change comes later: an
 * event is logged after the change was committed, and positions become visible in their order.
 */
export async function readHead(client: Pool | PoolClient): Promise<string> {
  const { rows } = await client.query<{ position: number }>(statement('SELECT position FROM events.head'));
  return String(rows[0]?.position ?? 0);
}
