import { Client } from 'pg';
import { runMigrations } from './run-migrations.js';
import { createSpecDatabase, type SpecDatabase } from './spec-database.js';
import { sqlMigration } from './sql-migration.js';

const first = sqlMigration(
  1,
  'create things',
  'create table one.things (id int primary key); insert into one.things values (1)',
);
const second = sqlMigration(2, 'name things', `alter table one.things add name text not null default 'x'`);
const other = sqlMigration(1, 'create others', 'create table two.others (id int8 primary key)');

describe('runMigrations', () => {
  let database: SpecDatabase;
  beforeEach(async () => {
    database = await createSpecDatabase();
  });
  afterEach(() => database.drop());

  const migrate = (schema: string, migrations: ReturnType<typeof sqlMigration>[]) =>
    runMigrations({ url: database.url, schema, migrations });
  async function query(sql: string): Promise<unknown[]> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows;
  }

  it('lets three at once on an empty database all succeed, and runs each migration once', async () => {
    const ran = await Promise.all([1, 2, 3].map(() => migrate('one', [second, first])));
    expect(ran.flat()).toEqual(['create things 0000000000001', 'name things 0000000000002']);
    expect(await query('select * from one.things')).toEqual([{ id: 1, name: 'x' }]);
  });

  it('runs only what is new, and nothing the second time', async () => {
    expect(await migrate('one', [first])).toHaveLength(1);
    expect(await migrate('one', [first, second])).toEqual(['name things 0000000000002']);
    expect(await migrate('one', [first, second])).toEqual([]);
  });

  it('keeps the record of each schema inside it', async () => {
    await Promise.all([migrate('one', [first]), migrate('two', [other])]);
    expect(await query('select name from one.migrations')).toEqual([{ name: 'create things 0000000000001' }]);
    expect(await query('select name from two.migrations')).toEqual([{ name: 'create others 0000000000001' }]);
    expect(await query(`select tablename from pg_tables where schemaname = 'public'`)).toEqual([]);
  });

  it('leaves nothing of a migration that fails, keeps those before it, and frees the lock', async () => {
    const failing = sqlMigration(2, 'fail', 'create table one.half (id int); select 1/0');
    await expect(migrate('one', [first, failing])).rejects.toMatchObject({ code: '22012' });
    expect(await query(`select to_regclass('one.half') half`)).toEqual([{ half: null }]);
    expect(await migrate('one', [first, second])).toEqual(['name things 0000000000002']);
  });

  it('refuses the way back', async () => {
    await expect(new first().down({} as never)).rejects.toThrow('only go forward');
  });
});
