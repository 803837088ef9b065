import { createPool } from '@lading/database';
import { createLogger } from '@lading/platform';
import { createTestDatabase } from '@lading/testing';
import { consumerTables } from '../consumer-tables.js';
import { DeadLetters } from '../dead-letters.js';
import { eventLogContract, type LogUnderTest } from '../event-log.contract.js';
import { migrateEventLog } from './migrate-event-log.js';
import { PgEventConsumer } from './pg-event-consumer.js';
import { PgEventPublisher } from './pg-event-publisher.js';

const template = { name: 'event_log', migrate: (url: string) => migrateEventLog({ url }) };
const logger = createLogger({ service: 'spec', level: 'fatal' });

async function makeLog(): Promise<LogUnderTest> {
  const database = await createTestDatabase(template);
  const pool = createPool({ url: database.url, max: 20, applicationName: 'spec' });
  await pool.query(`CREATE SCHEMA spec; ${consumerTables('spec')}`);
  const options = { schema: 'spec', logger, tries: 3, pollMs: 10, batch: 20 };
  return {
    publisher: new PgEventPublisher(pool),
    pool,
    member: (group, isPassing = () => false) => new PgEventConsumer(pool, { ...options, group, isPassing }),
    deadLetters: (group) => new DeadLetters('spec', group),
    dispose: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

eventLogContract('the log in PostgreSQL', makeLog);
