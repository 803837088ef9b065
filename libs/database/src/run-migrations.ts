import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type QueryRunner } from 'typeorm';
import { createDataSource, type DataSourceSettings } from './create-data-source.js';

export type MigrationSettings = DataSourceSettings & Required<Pick<DataSourceSettings, 'migrations'>>;

/**
 * Brings a schema up to date over a connection of its own and answers the names of the migrations it ran. Each runs in
 * a transaction of its own together with its record in `<schema>.migrations`.
 *
 * Any number of processes may call this at once: an advisory lock, held by the connection that migrates, lets one
 * through at a time, and it is gone with that connection. The lock is asked for again and again instead of waited for:
 * a waiting statement holds a snapshot, and CREATE INDEX CONCURRENTLY waits for every older snapshot to end.
 */
export async function runMigrations(settings: MigrationSettings): Promise<string[]> {
  const dataSource = await createDataSource(settings).initialize();
  try {
    return await run(dataSource, settings.schema);
  } finally {
    await dataSource.destroy();
  }
}

async function run(dataSource: DataSource, schema: string): Promise<string[]> {
  const key = `lading migrations ${schema}`;
  const runner = dataSource.createQueryRunner();
  await runner.connect();
  try {
    await runner.query('set statement_timeout = 0');
    await takeLock(runner, key);
    try {
      await runner.query(`create schema if not exists ${dataSource.driver.escape(schema)}`);
      const executor = new MigrationExecutor(dataSource, runner);
      executor.transaction = 'each';
      const ran = await executor.executePendingMigrations();
      return ran.map((migration) => migration.name);
    } finally {
      await leave(runner, key);
    }
  } finally {
    await runner.release();
  }
}

async function takeLock(runner: QueryRunner, key: string): Promise<void> {
  for (;;) {
    const sql = 'select pg_try_advisory_lock(hashtextextended($1, 0)) taken';
    const [row] = (await runner.query(sql, [key])) as { taken: boolean }[];
    if (row?.taken) return;
    await sleep(50);
  }
}

/** A connection that cannot answer any more is gone, and its lock with it: what went wrong before is worth telling. */
async function leave(runner: QueryRunner, key: string): Promise<void> {
  const unlock = 'select pg_advisory_unlock(hashtextextended($1, 0))';
  await runner.query(unlock, [key]).catch(() => undefined);
  await runner.query('reset statement_timeout').catch(() => undefined);
}
