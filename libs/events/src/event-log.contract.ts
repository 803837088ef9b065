import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { DeadLetters } from './dead-letters.js';
import type { EventConsumer, Subscription } from './event-consumer.port.js';
import type { EventPublisher } from './event-publisher.port.js';
import type { LogEvent, PlacedEvent } from './log-event.js';

/** A log for one test, whose consumers keep their effects in tables of `pool`. */
export interface LogUnderTest {
  readonly publisher: EventPublisher;
  /** The consumers' own database, with schema `spec` and the tables of `consumerTables`. */
  readonly pool: Pool;
  /** A member of a group; events that fail are given up after three tries. */
  member(group: string, isPassing?: (error: unknown) => boolean): EventConsumer;
  deadLetters(group: string): DeadLetters;
  dispose(): Promise<void>;
}

const TOPIC = 'spec.events.v1';

/** What every event log does, as its publishers and consumers see it. Each adapter's spec runs it. */
export function eventLogContract(name: string, make: () => Promise<LogUnderTest>): void {
  describe(`${name} keeps the contract of an event log`, () => {
    let log: LogUnderTest;
    let members: EventConsumer[] = [];
    beforeEach(async () => {
      log = await make();
      members = [];
      await log.pool.query(
        'CREATE TABLE spec.effect (n int GENERATED ALWAYS AS IDENTITY, consumer text, id uuid, key text)',
      );
    });
    afterEach(async () => {
      await Promise.all(members.map((member) => member.stop()));
      await log.dispose();
    });

    const subscription = (group: string, before: Before = async () => undefined): Subscription => ({
      topics: [TOPIC],
      handle: async (event, transaction) => {
        await before(event, transaction);
        await transaction.query('INSERT INTO spec.effect (consumer, id, key) VALUES ($1, $2, $3)', [
          group,
          event.id,
          event.key,
        ]);
      },
    });
    const join = (group: string, before?: Before, isPassing?: (error: unknown) => boolean): EventConsumer => {
      const member = log.member(group, isPassing);
      members.push(member);
      member.start(subscription(group, before));
      return member;
    };
    const effects = async (group: string) => {
      const { rows } = await log.pool.query<{ id: string; key: string }>(
        'SELECT id, key FROM spec.effect WHERE consumer = $1 ORDER BY n',
        [group],
      );
      return rows;
    };
    const settled = async (group: string, count: number) => {
      await until(async () => (await effects(group)).length >= count);
      return effects(group);
    };

    it('gives a new group the oldest event first, and each key its order', async () => {
      const events = someEvents(200, 20);
      await publishInPieces(log.publisher, events);
      join('new');
      expect(byKey(await settled('new', 200))).toEqual(byKey(events));
    });

    it('gives every group every event, also those published later', async () => {
      const events = someEvents(60, 5);
      join('one');
      await log.publisher.publish(events.slice(0, 30));
      join('two');
      await log.publisher.publish(events.slice(30));
      for (const group of ['one', 'two']) expect(byKey(await settled(group, 60))).toEqual(byKey(events));
    });

    it('shares the keys among the members of a group, and keeps the order of each', async () => {
      const events = someEvents(300, 30);
      const busy = new Set<string>();
      const exclusively: Before = async (event) => {
        expect(busy.has(event.key)).toBe(false);
        busy.add(event.key);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        busy.delete(event.key);
      };
      for (let n = 0; n < 3; n++) join('shared', exclusively);
      await publishInPieces(log.publisher, events);
      expect(byKey(await settled('shared', 300))).toEqual(byKey(events));
    });

    it('goes on where the group stopped', async () => {
      const events = someEvents(40, 4);
      const first = join('stopped');
      await log.publisher.publish(events.slice(0, 20));
      await settled('stopped', 20);
      await first.stop();
      await log.publisher.publish(events.slice(20));
      join('stopped');
      expect(byKey(await settled('stopped', 40))).toEqual(byKey(events));
    });

    it('has the effect of each event once, though connections break in the middle', async () => {
      const events = someEvents(300, 10);
      let breaks = 0;
      const breaking: Before = async (_, transaction) => {
        if (Math.random() < 0.03 && breaks++ < 15)
          await transaction.query('SELECT pg_terminate_backend(pg_backend_pid())');
      };
      const anything = () => true;
      for (let n = 0; n < 2; n++) join('broken', breaking, anything);
      await publishInPieces(log.publisher, events);
      expect(byKey(await settled('broken', 300))).toEqual(byKey(events));
      expect(breaks).toBeGreaterThan(0);
    });

    it('lets a member that stands still hold up the keys in its hand and no others', async () => {
      const still = new Gate();
      const [first, ...others] = someEvents(40, 40);
      const held = first as LogEvent;
      join('still', (event) => (event.id === held.id ? still.passed : Promise.resolve()));
      await log.publisher.publish([held]);
      await still.reached;
      join('still');
      await log.publisher.publish(others);
      // All but those that share the partition of the one in hand.
      await until(async () => (await effects('still')).length >= 25);
      expect((await effects('still')).map(({ id }) => id)).not.toContain(held.id);
      still.open();
      expect(byKey(await settled('still', 40))).toEqual(byKey([held, ...others]));
    });

    it('lets an event that takes long hold up its own keys and no others, in a group of one member', async () => {
      const long = new Gate();
      const [first, ...others] = someEvents(40, 40);
      const held = first as LogEvent;
      join('alone', (event) => (event.id === held.id ? long.passed : Promise.resolve()));
      await log.publisher.publish([held]);
      await long.reached;
      await log.publisher.publish(others);
      await until(async () => (await effects('alone')).length >= 25);
      long.open();
      expect(byKey(await settled('alone', 40))).toEqual(byKey([held, ...others]));
    });

    it('gives up an event that fails by itself, keeps it, and goes on with the next of its key', async () => {
      const events = someEvents(10, 1);
      const poison = events[4] as LogEvent;
      join('poisoned', async (event) => {
        if (event.id === poison.id) throw new Error('cannot be understood');
      });
      await log.publisher.publish(events);
      const rest = events.filter((event) => event !== poison);
      expect((await settled('poisoned', 9)).map(({ id }) => id)).toEqual(rest.map(({ id }) => id));
      const letters = await log.deadLetters('poisoned').list(log.pool, 10);
      expect(letters).toMatchObject([{ event: { ...poison }, error: 'Error: cannot be understood' }]);
    });

    it('waits as long as it takes for what passes, and gives nothing up', async () => {
      const events = someEvents(10, 1);
      let failures = 0;
      const away: Before = async (event) => {
        if (event.id === events[4]?.id && failures++ < 6) throw new Error('away');
      };
      join('patient', away, (error) => (error as Error).message === 'away');
      await log.publisher.publish(events);
      expect((await settled('patient', 10)).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
      expect(await log.deadLetters('patient').list(log.pool, 10)).toEqual([]);
    });

    it('carries an event as it was published', async () => {
      const [event] = someEvents(1, 1) as [LogEvent];
      let seen: PlacedEvent | undefined;
      join('whole', async (one) => {
        seen = one;
      });
      await log.publisher.publish([event]);
      await settled('whole', 1);
      expect(seen).toMatchObject({ ...event });
    });
  });
}

type Before = (event: PlacedEvent, transaction: PoolClient) => Promise<void>;

/** Waited for by one side, opened by the other. */
class Gate {
  open!: () => void;
  #reach!: () => void;
  readonly reached = new Promise<void>((resolve) => {
    this.#reach = resolve;
  });
  readonly #opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });

  get passed(): Promise<void> {
    this.#reach();
    return this.#opened;
  }
}

function someEvents(count: number, keys: number): LogEvent[] {
  return Array.from({ length: count }, (_, n) => ({
    id: randomUUID(),
    topic: TOPIC,
    key: `${n % keys}`,
    type: 'dev.lading.spec.happened.v1',
    subject: `spec/${n % keys}`,
    aggregateVersion: Math.floor(n / keys) + 1,
    time: new Date(1_700_000_000_000 + n),
    data: { n, text: 'ä', list: [1, null, { nested: true }] },
  }));
}

/** In pieces of unequal length, as a relay would. */
async function publishInPieces(publisher: EventPublisher, events: readonly LogEvent[]): Promise<void> {
  for (let from = 0, size = 1; from < events.length; from += size, size = (size * 3) % 37) {
    await publisher.publish(events.slice(from, from + size));
  }
}

/** The ids of each key, in order. */
function byKey(events: readonly { id: string; key: string }[]): Record<string, string[]> {
  const ids: Record<string, string[]> = {};
  for (const { id, key } of events) ids[key] = [...(ids[key] ?? []), id];
  return ids;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 1_000; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('what was waited for did not come');
}
