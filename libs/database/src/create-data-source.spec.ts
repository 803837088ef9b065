import { createDataSource } from './create-data-source.js';
import { createPool } from './create-pool.js';
import { createSpecDatabase, type SpecDatabase } from './spec-database.js';

let database: SpecDatabase;
beforeAll(async () => {
  database = await createSpecDatabase();
});
afterAll(() => database.drop());

it('limit database-answer: a data source does not go on over a connection on which a stopped server left a transaction open', async () => {
  const settings = { url: database.url, max: 1, statementTimeout: 200 };
  const source = await createDataSource({ ...settings, schema: 'public' }).initialize();
  const others = createPool({ ...settings, applicationName: 'others' });
  try {
    await source.query('create table t (x int)');
    const [{ pid }] = await source.query('select pg_backend_pid() pid');
    const work = source.transaction(async (manager) => {
      process.kill(pid, 'SIGSTOP');
      await manager.query('insert into t values (1)');
    });
    await expect(work)
      .rejects.toThrow('Query read timeout')
      .finally(() => process.kill(pid, 'SIGCONT'));
    await source.query('insert into t values (2)');
    expect((await others.query('select x from t')).rows).toEqual([{ x: 2 }]);
  } finally {
    await source.destroy();
    await others.end();
  }
}, 60_000);
