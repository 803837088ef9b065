import type { Pool } from 'pg';
import { answerTimeout, connectionLimits, createPool } from './create-pool.js';
import { createSpecDatabase, type SpecDatabase } from './spec-database.js';
import { startSpecRelay } from './spec-relay.js';
import { statement } from './statement.js';
import { transaction } from './transaction.js';

describe('createPool', () => {
  let database: SpecDatabase;
  let pool: Pool;

  beforeAll(async () => {
    database = await createSpecDatabase();
    pool = createPool({ url: database.url, max: 2, applicationName: 'spec', statementTimeout: 200 });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('reads an exact int8 as a number, a larger one as a string, and bytea as a Buffer', async () => {
    const { rows } = await pool.query(
      `select 9007199254740991::int8 exact, 9007199254740993::int8 large, array[1, -2]::int8[] list, count(*), '\\x00ff'::bytea bytes`,
    );
    const bytes = Buffer.from([0, 255]);
    expect(rows).toEqual([{ exact: 9007199254740991, large: '9007199254740993', list: [1, -2], count: 1, bytes }]);
  });

  it('limit database-statement: ends a statement after its timeout, 30 s unless told', async () => {
    expect(connectionLimits().statement_timeout).toBe(30_000);
    await expect(pool.query('select pg_sleep(5)')).rejects.toMatchObject({ code: '57014' });
  });

  it('limit database-answer: gives up a statement that a silent server does not answer, and asks over another connection then', async () => {
    expect(answerTimeout()).toEqual({ query_timeout: 35_000 });
    const relay = await startSpecRelay(database.url);
    const single = createPool({ url: relay.url, max: 1, applicationName: 'spec', statementTimeout: 200 });
    const backend = async () => {
      const { rows } = await single.query<{ pid: number }>('select pg_backend_pid() pid');
      return (rows[0] as { pid: number }).pid;
    };
    try {
      const pid = await backend();
      relay.silence();
      const inTransaction = transaction(single, (client) => client.query('select 1'));
      await expect(inTransaction).rejects.toThrow('Query read timeout');
      expect(await backend()).not.toBe(pid);
    } finally {
      await single.end();
      relay.close();
    }
  }, 30_000);

  it('limit database-connection: lets a caller wait 10 s for a connection and then fails', async () => {
    const [one, two] = [await pool.connect(), await pool.connect()];
    jest.useFakeTimers({ doNotFake: ['nextTick'] });
    try {
      const failed = jest.fn();
      const third = pool.connect().catch(failed);
      await jest.advanceTimersByTimeAsync(9_999);
      expect(failed).not.toHaveBeenCalled();
      await jest.advanceTimersByTimeAsync(1);
      await third;
      expect(failed).toHaveBeenCalledWith(new Error('timeout exceeded when trying to connect'));
    } finally {
      jest.useRealTimers();
      for (const client of [one, two]) client.release();
    }
  });

  it('prepares a statement once on a connection', async () => {
    const client = await pool.connect();
    try {
      const ask = (x: number) => client.query<{ x: number }>(statement('select $1::int + 1 x', [x]));
      expect([(await ask(1)).rows, (await ask(2)).rows]).toEqual([[{ x: 2 }], [{ x: 3 }]]);
      const prepared = await client.query(
        `select count(*) n from pg_prepared_statements where statement like '%::int + 1 x'`,
      );
      expect(prepared.rows).toEqual([{ n: 1 }]);
    } finally {
      client.release();
    }
  });
});
