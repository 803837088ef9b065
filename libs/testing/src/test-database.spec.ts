import { Client } from 'pg';
import { createTestDatabase } from './test-database.js';

async function query<T extends object>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('createTestDatabase', () => {
  it('makes a database of its own each time, and drops it with its connections', async () => {
    const [a, b] = [await createTestDatabase(), await createTestDatabase()];
    await query(a.url, 'create table only_here (x int)');
    expect(await query(b.url, `select to_regclass('only_here') found`)).toEqual([{ found: null }]);
    const held = new Client({ connectionString: a.url });
    held.on('error', () => undefined);
    await held.connect();
    await a.drop();
    await expect(query(a.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
    await b.drop();
  });

  it('migrates a template once and copies it, also for callers at the same time', async () => {
    let runs = 0;
    const template = {
      name: 'copies_spec',
      migrate: async (url: string) => {
        runs += 1;
        await query(url, 'create table t (x int); insert into t values (7)');
      },
    };
    const databases = await Promise.all([1, 2, 3].map(() => createTestDatabase(template)));
    for (const database of databases) expect(await query(database.url, 'select x from t')).toEqual([{ x: 7 }]);
    expect(runs).toBe(1);
    for (const database of databases) await database.drop();
  });

  it('starts the template again when its migrations failed', async () => {
    const name = 'failing_spec';
    const failing = createTestDatabase({ name, migrate: (url) => query(url, 'create table t (x int); select 1/0') });
    await expect(failing).rejects.toMatchObject({ code: '22012' });
    const good = await createTestDatabase({ name, migrate: (url) => query(url, 'create table t (x int)') });
    expect(await query(good.url, 'select * from t')).toEqual([]);
    await good.drop();
  });
});
