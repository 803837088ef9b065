import { randomBytes, randomUUID } from 'node:crypto';
import { createPool } from '@lading/database';
import { createTestDatabase } from '@lading/testing';
import { eventFeedContract, type FeedUnderTest } from '../event-feed.contract.js';
import { migrateEventLog } from './migrate-event-log.js';
import { PgEventFeed } from './pg-event-feed.js';
import { PgEventPublisher } from './pg-event-publisher.js';
import { trimLog } from './trim-log.js';

const template = { name: 'event_log', migrate: (url: string) => migrateEventLog({ url }) };

async function open(): Promise<FeedUnderTest> {
  const database = await createTestDatabase(template);
  const pool = createPool({ url: database.url, max: 4, applicationName: 'spec' });
  return {
    feed: new PgEventFeed(pool),
    publisher: new PgEventPublisher(pool),
    trim: async (count) => {
      expect(await trimLog(pool, -1, count)).toBe(count);
    },
    dispose: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

eventFeedContract('the feed of the log in PostgreSQL', open);

it('limit event-page-bytes: ends a page before 1 MiB, but never before its first event', async () => {
  const log = await open();
  const event = (key: string, bytes: number) => ({
    ...{ id: randomUUID(), topic: 'spec.events.v1', key, type: 'dev.lading.spec.happened.v1', subject: key },
    // Noise, because what is counted is what PostgreSQL stores, and it stores less of what it can compress.
    ...{ aggregateVersion: 1, time: new Date(), data: { noise: randomBytes(bytes * 0.75).toString('base64') } },
  });
  const KIB = 1024;
  const sizes = { a: 500, b: 500, c: 100, d: 2_000, e: 1, f: 1 };
  await log.publisher.publish(Object.entries(sizes).map(([key, kib]) => event(key, kib * KIB)));
  const pages: string[] = [];
  for (let after: string | undefined; ; ) {
    const { events, next } = await log.feed.read(after, 10);
    if (events.length === 0) break;
    pages.push(events.map(({ key }) => key).join(''));
    after = next;
  }
  expect(pages).toEqual(['ab', 'c', 'd', 'ef']);
  await log.dispose();
});
