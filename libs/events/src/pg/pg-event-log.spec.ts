import { randomUUID } from 'node:crypto';
import { createPool } from '@lading/database';
import { createLogger } from '@lading/platform';
import { createTestDatabase } from '@lading/testing';
import { consumerTables } from '../consumer-tables.js';
import { DeadLetters } from '../dead-letters.js';
import { eventLogContract, type LogUnderTest } from '../event-log.contract.js';
import type { LogEvent } from '../log-event.js';
import { migrateEventLog } from './migrate-event-log.js';
import { PgEventConsumer } from './pg-event-consumer.js';
import { PgEventPublisher } from './pg-event-publisher.js';
import { readLog } from './read-log.js';
import { trimLog } from './trim-log.js';

const template = { name: 'event_log', migrate: (url: string) => migrateEventLog({ url }) };
const quiet = createLogger({ service: 'spec', level: 'fatal' });

async function makeLog(logger = quiet): Promise<LogUnderTest> {
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

eventLogContract('the log in PostgreSQL', () => makeLog());

describe('the age of events in PostgreSQL', () => {
  let log: LogUnderTest;
  let lines: string[];
  beforeEach(async () => {
    lines = [];
    log = await makeLog(
      createLogger({ service: 'spec', level: 'error', destination: { write: (line) => lines.push(line) } }),
    );
  });
  afterEach(() => log.dispose());

  const event = (key: string): LogEvent => ({
    ...{ id: randomUUID(), topic: 'spec.events.v1', key, type: 'dev.lading.spec.happened.v1', subject: key },
    ...{ aggregateVersion: 1, time: new Date(), data: {} },
  });
  const handled = async (group: string, keys: number): Promise<string[]> => {
    const seen: string[] = [];
    const member = log.member(group);
    member.start({ topics: ['spec.events.v1'], handle: async ({ key }) => void seen.push(key) });
    while (seen.length < keys) await new Promise((resolve) => setTimeout(resolve, 10));
    await member.stop();
    return seen;
  };

  it('is bounded, and positions go on', async () => {
    await log.publisher.publish(['a', 'b', 'c'].map(event));
    expect(await trimLog(log.pool, 60_000, 10)).toBe(0);
    expect(await trimLog(log.pool, -1, 2)).toBe(2);
    await log.publisher.publish([event('d')]);
    expect((await readLog(log.pool, 0, 10)).map(({ key, position }) => [key, position])).toEqual([
      ['c', 3],
      ['d', 4],
    ]);
  });

  it('a group that was away too long goes on with what there is, and says that it missed some', async () => {
    await log.publisher.publish([event('a')]);
    expect(await handled('away', 1)).toEqual(['a']);
    await log.publisher.publish(['a', 'a'].map(event));
    await trimLog(log.pool, -1, 2);
    expect(await handled('away', 1)).toEqual(['a']);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { msg: 'events were removed before they were handled', consumer: 'away', from: 2, to: 2 },
    ]);
  });

  it('a new group begins with the oldest that is kept, which is no loss', async () => {
    await log.publisher.publish(['a', 'a'].map(event));
    await trimLog(log.pool, -1, 1);
    expect(await handled('new', 1)).toEqual(['a']);
    expect(lines).toEqual([]);
  });
});
