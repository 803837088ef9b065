import { createDataSource } from './create-data-source.js';
import { createPool } from './create-pool.js';
import { createSpecDatabase, type SpecDatabase } from './spec-database.js';
import { startSpecRelay } from './spec-relay.js';

let database: SpecDatabase;
beforeAll(async () => {
  database = await createSpecDatabase();
});
afterAll(() => database.drop());

it('limit database-answer: a data source does not go on over a connection on which a silent server left a transaction open', async () => {
  const relay = await startSpecRelay(database.url);
  const settings = { max: 1, statementTimeout: 200 };
  const source = await createDataSource({ ...settings, url: relay.url, schema: 'public' }).initialize();
  const others = createPool({ ...settings, url: database.url, applicationName: 'others' });
  try {
    await source.query('create table t (x int)');
    const work = source.transaction(async (manager) => {
      relay.silence();
      await manager.query('insert into t values (1)');
    });
    await expect(work).rejects.toThrow('Query read timeout');
    relay.resume();
    await source.query('insert into t values (2)');
    expect((await others.query('select x from t')).rows).toEqual([{ x: 2 }]);
  } finally {
    await source.destroy();
    await others.end();
    relay.close();
  }
}, 60_000);
