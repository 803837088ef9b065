import { randomUUID } from 'node:crypto';
import { CursorGone, CursorInvalid, type EventFeed } from './event-feed.port.js';
import type { EventPublisher } from './event-publisher.port.js';
import type { LogEvent } from './log-event.js';

/** A feed for one test, and the log that it reads. */
export interface FeedUnderTest {
  readonly feed: EventFeed;
  readonly publisher: EventPublisher;
  /** Removes the oldest events, as their age does. */
  trim(count: number): Promise<void>;
  dispose(): Promise<void>;
}

/** What every adapter of `EventFeed` does. */
export function eventFeedContract(name: string, open: () => Promise<FeedUnderTest>): void {
  describe(name, () => {
    let log: FeedUnderTest;
    beforeEach(async () => {
      log = await open();
    });
    afterEach(() => log.dispose());

    const event = (key: string): LogEvent => ({
      ...{ id: randomUUID(), topic: 'spec.events.v1', key, type: 'dev.lading.spec.happened.v1', subject: `${key}@1` },
      ...{ aggregateVersion: 1, time: new Date(1_800_000_000_000), data: { key } },
    });
    const publish = async (...keys: string[]) => {
      const events = keys.map(event);
      await log.publisher.publish(events);
      return events;
    };
    const keysOf = async (after: string | undefined, limit: number) => {
      const { events, next } = await log.feed.read(after, limit);
      return { keys: events.map(({ key }) => key), next };
    };

    it('gives events as they were published, each with the cursor behind it', async () => {
      const published = await publish('a', 'b', 'a');
      const { events, next } = await log.feed.read(undefined, 10);
      expect(events).toMatchObject(published.map((each) => ({ ...each })));
      expect(next).toBe(events[2]?.cursor);
      for (const [at, { cursor }] of events.entries()) {
        expect(cursor).toMatch(/^[\w.:-]{1,64}$/);
        expect((await keysOf(cursor, 10)).keys).toEqual(['a', 'b', 'a'].slice(at + 1));
      }
    });

    it('gives pages that leave nothing out, and then what is new', async () => {
      await publish('a', 'b', 'c');
      const first = await keysOf(undefined, 2);
      const second = await keysOf(first.next, 2);
      expect([first.keys, second.keys]).toEqual([['a', 'b'], ['c']]);
      const third = await keysOf(second.next, 2);
      expect(third).toEqual({ keys: [], next: second.next });
      await publish('d');
      expect((await keysOf(third.next, 2)).keys).toEqual(['d']);
    });

    it('has an end, from which on there is what is published later', async () => {
      const beginning = await log.feed.latest();
      expect(await keysOf(undefined, 10)).toEqual({ keys: [], next: beginning });
      await publish('a');
      const latest = await log.feed.latest();
      expect(latest).not.toBe(beginning);
      expect(await keysOf(latest, 10)).toEqual({ keys: [], next: latest });
      await publish('b');
      expect((await keysOf(latest, 10)).keys).toEqual(['b']);
    });

    it('counts what comes after a cursor', async () => {
      const beginning = await log.feed.latest();
      expect(await log.feed.countAfter(beginning)).toBe(0);
      await publish('a', 'b', 'a');
      const { events } = await log.feed.read(beginning, 1);
      expect(await log.feed.countAfter(beginning)).toBe(3);
      expect(await log.feed.countAfter(events[0]?.cursor ?? '')).toBe(2);
      await expect(log.feed.countAfter('x')).rejects.toBeInstanceOf(CursorInvalid);
    });

    it('refuses to go on where events are missing, and begins with the oldest that is there', async () => {
      await publish('a', 'b', 'c');
      const { events } = await log.feed.read(undefined, 10);
      const [first, second] = events.map(({ cursor }) => cursor) as [string, string];
      await log.trim(2);
      await expect(log.feed.read(first, 10)).rejects.toBeInstanceOf(CursorGone);
      expect((await keysOf(second, 10)).keys).toEqual(['c']);
      expect((await keysOf(undefined, 10)).keys).toEqual(['c']);
      await log.trim(1);
      await expect(log.feed.read(second, 10)).rejects.toBeInstanceOf(CursorGone);
      const latest = await log.feed.latest();
      expect(await keysOf(undefined, 10)).toEqual({ keys: [], next: latest });
      expect(await keysOf(latest, 10)).toEqual({ keys: [], next: latest });
    });

    it('refuses a cursor of a log that has come further than this one', async () => {
      await publish('a', 'b');
      const other = await open();
      const cursor = await log.feed.latest();
      await expect(other.feed.read(cursor, 10)).rejects.toBeInstanceOf(CursorGone);
      await other.dispose();
    });

    it.each(['', 'x', '-1', '1.5', '01', '1 ', '9'.repeat(20), '\0'])(
      'refuses %j, which is no cursor',
      async (cursor) => {
        await expect(log.feed.read(cursor, 10)).rejects.toBeInstanceOf(CursorInvalid);
      },
    );
  });
}
