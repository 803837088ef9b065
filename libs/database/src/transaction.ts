import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';

export interface TransactionOptions {
  /** How often the work is run again after a conflict; 5 unless told. */
  readonly retries?: number;
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** SQLSTATEs that count as a conflict beside those that always do, such as 23505 where a race for a key is expected. */
  readonly alsoConflicts?: readonly string[];
  /** SQL without parameters that is sent together with BEGIN; never anything that came from outside. */
  readonly opening?: string;
}

/** deadlock_detected, serialization_failure, lock_not_available: the transaction did nothing and may be run again. */
const conflicts = new Set(['40P01', '40001', '55P03']);

/**
 * Runs `work` between BEGIN and COMMIT on one connection and answers what it answers. After a conflict the whole work
 * runs again, after a random wait of up to 25 ms, doubling to at most 1 s: so `work` must have no effect outside its
 * transaction. Any other error rolls back and is thrown as it is. A connection that cannot roll back is closed.
 *
 * An error from COMMIT itself (a connection cut at that moment) leaves open whether it took effect; it is not retried.
 */
export async function transaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { retries = 5, isolation, alsoConflicts = [], opening } = options;
  const plain = isolation ? `begin isolation level ${isolation}` : 'begin';
  const begin = opening ? `${plain}; ${opening}` : plain;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await runOnce(pool, work, begin);
    } catch (error) {
      const code = (error as { code?: string } | undefined)?.code ?? '';
      if (attempt >= retries || !(conflicts.has(code) || alsoConflicts.includes(code))) throw error;
      await sleep(Math.random() * Math.min(25 * 2 ** attempt, 1_000));
    }
  }
}

async function runOnce<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, begin: string): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const breaks = (error: Error) => {
    broken = error;
  };
  client.on('error', breaks);
  try {
    await client.query(begin);
    const result = await work(client);
    await commit(client);
    return result;
  } catch (error) {
    if (!broken) await client.query('rollback').catch(breaks);
    throw error;
  } finally {
    client.off('error', breaks);
    client.release(broken);
  }
}

/** PostgreSQL answers COMMIT with ROLLBACK, and no error, when a statement failed and `work` went on regardless. */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('commit');
  if (command !== 'COMMIT') throw new Error('The transaction was rolled back: a failed statement was ignored.');
}
