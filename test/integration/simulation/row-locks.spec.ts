import { createPool } from '@lading/database';
import { createTestDatabase, type TestDatabase } from '@lading/testing';
import type { Pool, PoolClient } from 'pg';
import { Table } from '../../simulation/database/table.js';
import { Transaction } from '../../simulation/database/transaction.js';

// What one transaction holds against what another wants, in the simulation and on PostgreSQL.

const MODES = ['KEY SHARE', 'SHARE', 'NO KEY UPDATE', 'UPDATE'] as const;

interface Row {
  id: number;
  word: string;
}

interface Holding {
  readonly what: string;
  readonly sql: string;
  readonly simulated: (transaction: Transaction, table: Table<Row>) => Promise<unknown>;
}

const cellOf = (table: Table<Row>) => table.cell('1');

/** What a transaction did to the row. */
const HOLDINGS: readonly Holding[] = [
  ...MODES.map((mode) => ({
    what: `FOR ${mode}`,
    sql: `SELECT 1 FROM t WHERE id = 1 FOR ${mode}`,
    simulated: (transaction: Transaction, table: Table<Row>) => transaction.take(cellOf(table), { mode, skips: false }),
  })),
  {
    what: 'UPDATE',
    sql: `UPDATE t SET word = 'new' WHERE id = 1`,
    simulated: (transaction, table) =>
      transaction.update(
        [cellOf(table)],
        () => true,
        () => ({ word: 'new' }),
      ),
  },
  {
    what: 'DELETE',
    sql: 'DELETE FROM t WHERE id = 1',
    simulated: (transaction, table) => transaction.remove([cellOf(table)], () => true),
  },
  {
    what: 'a reference to it',
    sql: 'INSERT INTO names_t (t_id) VALUES (1)',
    simulated: (transaction, table) => transaction.refer(cellOf(table)),
  },
];

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ url: database.url, max: 2, applicationName: 'spec' });
  await pool.query('CREATE TABLE t (id integer PRIMARY KEY, word text NOT NULL)');
  await pool.query('CREATE TABLE names_t (t_id integer NOT NULL REFERENCES t)');
  await pool.query(`INSERT INTO t VALUES (1, 'old')`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});

async function rolledBack<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    return await work(client);
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** The word that a second transaction gets; undefined where it passes the row over. */
function onPostgres({ sql }: Holding, mode: string): Promise<string | undefined> {
  return rolledBack(async (first) => {
    await first.query(sql);
    return rolledBack(async (second) => {
      const { rows } = await second.query<Row>(`SELECT word FROM t WHERE id = 1 FOR ${mode} SKIP LOCKED`);
      return rows[0]?.word;
    });
  });
}

async function simulated({ simulated: hold }: Holding, mode: (typeof MODES)[number]): Promise<string | undefined> {
  const table = new Table<Row>('t');
  const begin = (xid: number) =>
    new Transaction(xid, { until: () => Promise.reject(new Error('it waits')), deadlocked: () => {} });
  const made = begin(1);
  await made.insert(table, '1', { id: 1, word: 'old' });
  made.end(true);
  await hold(begin(2), table);
  const [row] = await begin(3).lock([cellOf(table)], { mode, skips: true }, () => true);
  return row?.word;
}

it.each(HOLDINGS)('$what is in the way of the same locks as on PostgreSQL', async (holding) => {
  for (const mode of MODES) {
    expect({ mode, word: await simulated(holding, mode) }).toEqual({ mode, word: await onPostgres(holding, mode) });
  }
});
