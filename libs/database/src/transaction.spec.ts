import type { Pool, PoolClient } from 'pg';
import { createPool } from './create-pool.js';
import { createSpecDatabase, type SpecDatabase } from './spec-database.js';
import { transaction } from './transaction.js';

describe('transaction', () => {
  let database: SpecDatabase;
  let pool: Pool;

  beforeAll(async () => {
    database = await createSpecDatabase();
    pool = createPool({ url: database.url, max: 8, applicationName: 'spec' });
    await pool.query('create table t (x int primary key, n int8 not null)');
  });
  beforeEach(() => pool.query('truncate t; insert into t values (1, 0), (2, 0)'));
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });
  const read = async () => (await pool.query<{ n: number }>('select n from t order by x')).rows.map(({ n }) => n);

  it('commits and answers what the work answers', async () => {
    const answer = await transaction(pool, async (client) => {
      await client.query('update t set n = 5 where x = 1');
      return 'done';
    });
    expect([answer, await read()]).toEqual(['done', [5, 0]]);
  });

  it('rolls back when the work throws, once, and gives the connection back clean', async () => {
    let runs = 0;
    const failing = transaction(pool, async (client) => {
      runs += 1;
      await client.query('update t set n = 5');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([runs, await read()]).toEqual([1, [0, 0]]);
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it.each([
    ['a deadlock', '40P01'],
    ['a serialization failure', '40001'],
    ['a lock that is not free', '55P03'],
  ])('runs the work again after %s', async (_what, code) => {
    let runs = 0;
    const work = transaction(pool, async (client) => {
      runs += 1;
      await client.query('update t set n = n + 1');
      if (runs < 3) await client.query(`do $$ begin raise exception using errcode = '${code}'; end $$`);
    });
    await work;
    expect([runs, await read()]).toEqual([3, [1, 1]]);
  });

  it('gives up after the retries it was given and throws the conflict', async () => {
    let runs = 0;
    const work = transaction(
      pool,
      async (client) => {
        runs += 1;
        await client.query(`do $$ begin raise exception using errcode = '40001'; end $$`);
      },
      { retries: 2 },
    );
    await expect(work).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(3);
  });

  it('runs again after an error that its caller counts as a conflict, and not without being told', async () => {
    let runs = 0;
    const work = async (client: PoolClient) => {
      runs += 1;
      await client.query('update t set n = n + 1');
      if (runs === 1) await client.query(`insert into t values (1, 9)`);
    };
    await expect(transaction(pool, work)).rejects.toMatchObject({ code: '23505' });
    expect([runs, await read()]).toEqual([1, [0, 0]]);
    runs = 0;
    await transaction(pool, work, { alsoConflicts: ['23505'] });
    expect([runs, await read()]).toEqual([2, [1, 1]]);
  });

  it('loses no addition among 40 serializable transactions on one row', async () => {
    const add = () =>
      transaction(
        pool,
        async (client) => {
          const { rows } = await client.query<{ n: number }>('select n from t where x = 1');
          await client.query('update t set n = $1 where x = 1', [(rows[0]?.n ?? 0) + 1]);
        },
        { retries: 200, isolation: 'serializable' },
      );
    await Promise.all(Array.from({ length: 40 }, add));
    expect(await read()).toEqual([40, 0]);
  });

  it('survives a real deadlock of two transactions', async () => {
    let first = 0;
    let meet: () => void = () => undefined;
    const both = new Promise<void>((resolve) => {
      meet = resolve;
    });
    const lockBoth = (x: number, y: number) =>
      transaction(pool, async (client) => {
        await client.query('update t set n = n + 1 where x = $1', [x]);
        first += 1;
        if (first === 2) meet();
        await both;
        await client.query('update t set n = n + 1 where x = $1', [y]);
      });
    await Promise.all([lockBoth(1, 2), lockBoth(2, 1)]);
    expect(await read()).toEqual([2, 2]);
    expect(first).toBe(3);
  });

  it('does not report success when the work ignored a failed statement', async () => {
    const work = transaction(pool, async (client) => {
      await client.query('update t set n = 9');
      await client.query('select 1/0').catch(() => undefined);
    });
    await expect(work).rejects.toThrow('a failed statement was ignored');
    expect(await read()).toEqual([0, 0]);
  });

  it('closes a connection that was cut, throws, and the pool goes on', async () => {
    let pid = 0;
    const work = transaction(pool, async (client) => {
      pid = (await client.query<{ pid: number }>('select pg_backend_pid() pid')).rows[0]?.pid ?? 0;
      await pool.query('select pg_terminate_backend($1, 5000)', [pid]);
      await client.query('select 1');
    });
    await expect(work).rejects.toBeInstanceOf(Error);
    const { rows } = await pool.query('select count(*) n from pg_stat_activity where pid = $1', [pid]);
    expect(rows).toEqual([{ n: 0 }]);
    expect(await read()).toEqual([0, 0]);
  });

  it('survives the loss of every connection while none is in use', async () => {
    await Promise.all([read(), read(), read()]);
    await pool.query(
      `select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'spec' and pid <> pg_backend_pid()`,
    );
    expect(await read()).toEqual([0, 0]);
  });
});
