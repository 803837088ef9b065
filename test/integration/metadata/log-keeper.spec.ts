import { createPool } from '@lading/database';
import { PgEventPublisher, readLog } from '@lading/events';
import { LogKeeper, Relay } from '@lading/metadata';
import { createLogger } from '@lading/platform';
import { freshName, pushed } from './support/content.js';
import { Registry } from './support/registry.js';

let registry: Registry;
let lines: string[];
beforeEach(async () => {
  registry = await Registry.open();
  lines = [];
});
afterEach(() => registry.close());

const keeper = (keepMs: number) => {
  const destination = { write: (line: string) => void lines.push(line) };
  return new LogKeeper(registry.pools.write, keepMs, createLogger({ service: 'spec', level: 'warn', destination }));
};

it('removes events that are older than they are kept, and no others', async () => {
  await pushed(registry, freshName());
  const quiet = createLogger({ service: 'spec', level: 'fatal' });
  await new Relay(registry.pools.write, new PgEventPublisher(registry.pools.write), quiet).moveBatch();
  const events = await readLog(registry.pools.write, 0, 100);
  expect(events.length).toBeGreaterThan(1);
  await registry.rows(`UPDATE events.log SET logged_at = logged_at - interval '1 hour' WHERE position = 1`);
  await keeper(60_000).round();
  expect(await readLog(registry.pools.write, 0, 100)).toEqual(events.slice(1));
  expect(lines).toEqual([]);
});

it('names a transaction that somebody forgot to end', async () => {
  const forgotten = await registry.pools.write.connect();
  try {
    await forgotten.query('BEGIN');
    await forgotten.query('SELECT pg_current_xact_id()');
    const { rows } = await forgotten.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // Two minutes are too long for a test: the view that it is read from is put before the real one.
    await registry.rows(`CREATE SCHEMA aged; CREATE VIEW aged.pg_stat_activity AS
      SELECT pid, application_name, state, datname, xact_start - interval '10 minutes' AS xact_start
      FROM pg_catalog.pg_stat_activity WHERE pid = ${rows[0]?.pid}`);
    await registry.rows(`ALTER DATABASE ${registry.database.name} SET search_path = aged, pg_catalog`);
    const pool = createPool({ url: registry.database.url, max: 1, applicationName: 'spec' });
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ service: 'spec', level: 'warn', destination });
    await new LogKeeper(pool, 60_000, logger).round().finally(() => pool.end());
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ pid: rows[0]?.pid, state: 'idle in transaction' }]);
    expect(JSON.parse(lines[0] as string).seconds).toBeGreaterThanOrEqual(600);
  } finally {
    await forgotten.query('ROLLBACK');
    forgotten.release();
  }
});
