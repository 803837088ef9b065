import { statement } from '@lading/database';
import { type Figure, type Logger, Metrics } from '@lading/platform';
import type { INestApplicationContext } from '@nestjs/common';
import { RegistryPools } from '../database/registry-pools.js';
import { countDamaged } from '../reconciliation/mark-damaged.js';

/** Rows of the outbox that are counted at most. */
const MOST_COUNTED = 100_000;

/** What `metadata` tells of its outbox, its log and its database. */
export function metadataMetrics(app: Pick<INestApplicationContext, 'get'>, logger: Logger): Metrics {
  const metrics = new Metrics(logger);
  const pools = app.get(RegistryPools);
  metrics.add('outbox', () => readOutbox(pools));
  metrics.add('database', () => readDatabase(pools));
  metrics.add('damaged objects', async () => [
    {
      name: 'lading_damaged_objects',
      help: 'Objects whose bytes are missing or wrong',
      value: await countDamaged(pools),
    },
  ]);
  return metrics;
}

async function readOutbox({ write }: RegistryPools): Promise<Figure[]> {
  const { rows } = await write.query<{ events: number; age: number; position: number }>(
    statement(
      `SELECT count(*) AS events, (SELECT position FROM events.head) AS position,
              coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::double precision AS age
       FROM (SELECT created_at FROM registry.outbox ORDER BY seq LIMIT $1) AS waiting`,
      [MOST_COUNTED],
    ),
  );
  const [row] = rows;
  return [
    {
      name: 'lading_outbox_events',
      help: 'Events that are not in the log yet, counted to 100,000',
      value: row?.events,
    },
    { name: 'lading_outbox_age_seconds', help: 'Age of the oldest event that is not in the log yet', value: row?.age },
    { name: 'lading_events_position', help: 'Position of the newest event in the log', value: row?.position },
  ];
}

/** Old transactions keep dead rows on disk; ids that are never frozen stop a database in the end. */
async function readDatabase({ write }: RegistryPools): Promise<Figure[]> {
  const { rows } = await write.query<{ multixact: number; xact: number; oldest: number | null }>(
    statement(
      `SELECT mxid_age(datminmxid) AS multixact, age(datfrozenxid) AS xact,
              (SELECT max(extract(epoch FROM clock_timestamp() - xact_start))::double precision
               FROM pg_stat_activity WHERE datname = current_database()) AS oldest
       FROM pg_database WHERE datname = current_database()`,
    ),
  );
  const [row] = rows;
  return [
    {
      name: 'lading_database_multixact_age',
      help: 'Age of the oldest multixact; PostgreSQL stops at 2 billion',
      value: row?.multixact,
    },
    {
      name: 'lading_database_xact_age',
      help: 'Age of the oldest transaction id; PostgreSQL stops at 2 billion',
      value: row?.xact,
    },
    {
      name: 'lading_database_oldest_transaction_seconds',
      help: 'Age of the longest open transaction',
      value: row?.oldest ?? 0,
    },
  ];
}
