import { statement, transaction } from '@lading/database';
import { type Logger, sleep } from '@lading/platform';
import type { Pool, PoolClient } from 'pg';
import { ConsumerPlaces, type PartitionOf } from '../consumer-places.js';
import { DeadLetters } from '../dead-letters.js';
import { EventConsumer, type Subscription } from '../event-consumer.port.js';
import type { PlacedEvent } from '../log-event.js';
import { Setbacks } from '../setbacks.js';
import { readPartition } from './read-log.js';

export interface PgEventConsumerOptions {
  /** The schema of the service that consumes, with the tables of `consumerTables`. */
  readonly schema: string;
  readonly group: string;
  readonly logger: Logger;
  /** Whether an error passes without a change of ours: such an event is tried again for ever. */
  isPassing(error: unknown): boolean;
  /** Events in one transaction; 200 unless told. */
  readonly batch?: number;
  /** Partitions handled at once, each with a connection of the pool; 4 unless told. */
  readonly atOnce?: number;
  /** Milliseconds between two looks at a log that had nothing; 100 unless told. */
  readonly pollMs?: number;
  /** Tries of an event before it is given up; 5 unless told. */
  readonly tries?: number;
}

/**
 * A member of a group that reads the log in PostgreSQL.
 *
 *   which partitions have more than the group has handled?
 *   for each of them, side by side, in a transaction:
 *     lock the group's place, and leave it to whoever holds it
 *     read the next events, have their effect, move the place
 *
 * There is no list of members, and nothing that could be wrong about who is alive: the lock on a place is the
 * membership, and it ends with the connection.
 */
export class PgEventConsumer extends EventConsumer {
  private readonly places: ConsumerPlaces;
  private readonly letters: DeadLetters;
  private readonly setbacks: Setbacks;
  private readonly batch: number;
  private readonly atOnce: number;
  private readonly pollMs: number;
  private readonly stopping = new AbortController();
  /** Partitions that are being handled. */
  private readonly inHand = new Map<string, Promise<void>>();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    private readonly options: PgEventConsumerOptions,
  ) {
    super();
    const { schema, group, batch = 200, atOnce = 4, pollMs = 100, tries = 5 } = options;
    this.places = new ConsumerPlaces(schema, group);
    this.letters = new DeadLetters(schema, group);
    this.setbacks = new Setbacks(tries);
    this.batch = batch;
    this.atOnce = atOnce;
    this.pollMs = pollMs;
  }

  start(subscription: Subscription): void {
    this.running = this.run(subscription);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await Promise.all(this.inHand.values());
  }

  private async run(subscription: Subscription): Promise<void> {
    const { signal } = this.stopping;
    let ready = false;
    while (!signal.aborted) {
      try {
        if (!ready) await this.places.ensure(this.pool, subscription.topics);
        ready = true;
        await this.startDue(subscription);
      } catch (error) {
        this.options.logger.warn({ consumer: this.options.group, err: error }, 'events could not be read');
      }
      await sleep(this.pollMs, signal);
    }
  }

  /** Starts on each partition that is behind and not in hand, and waits for none. */
  private async startDue(subscription: Subscription): Promise<void> {
    for (const place of await this.findBehind(subscription.topics)) {
      const name = `${place.topic} ${place.partition}`;
      if (this.inHand.size >= this.atOnce) return;
      if (this.inHand.has(name) || !this.setbacks.isDue(place)) continue;
      const work = this.drain(place, subscription).finally(() => this.inHand.delete(name));
      this.inHand.set(name, work);
    }
  }

  private async findBehind(topics: readonly string[]): Promise<PartitionOf[]> {
    const { schema, group } = this.options;
    const { rows } = await this.pool.query<PartitionOf>(
      statement(
        `SELECT p.topic, p.partition FROM ${schema}.consumer_place p
         JOIN events.partition_head h ON h.topic = p.topic AND h.partition = p.partition
         WHERE p.consumer = $1 AND p.topic = ANY($2::text[]) AND h.position >= p.next_position
         ORDER BY p.next_position`,
        [group, topics],
      ),
    );
    return rows;
  }

  /** A partition up to its end. Its errors stay here: what goes wrong in one partition holds up no other. */
  private async drain(place: PartitionOf, subscription: Subscription): Promise<void> {
    const current: { event?: PlacedEvent } = {};
    try {
      for (let handled = this.batch; handled === this.batch && !this.stopping.signal.aborted; ) {
        const events = await transaction(this.pool, (client) => this.deliver(place, subscription, client, current));
        const last = events.at(-1);
        if (last) this.setbacks.passed(place, last.position);
        handled = events.length;
      }
    } catch (error) {
      this.note(place, current.event, error);
    }
  }

  /** @param current is told which event is being handled. */
  private async deliver(
    place: PartitionOf,
    subscription: Subscription,
    client: PoolClient,
    current: { event?: PlacedEvent },
  ): Promise<PlacedEvent[]> {
    current.event = undefined;
    const from = await this.places.take(client, place);
    if (from === undefined) return [];
    await this.noteGap(client, place, from);
    const events = await readPartition(client, place, from, this.setbacks.batchOf(place, this.batch));
    for (const event of events) {
      current.event = event;
      await this.handle(event, client, subscription);
    }
    current.event = undefined;
    const last = events.at(-1);
    if (last) await this.places.move(client, place, last.position + 1);
    return events;
  }

  /** A group that was away for longer than events are kept has missed some; a new one begins with what there is. */
  private async noteGap(client: PoolClient, { topic, partition }: PartitionOf, from: number): Promise<void> {
    const { rows } = await client.query<{ removed_to: number }>(
      statement(
        'SELECT removed_to FROM events.partition_head WHERE topic = $1 AND partition = $2 AND removed_to >= $3 AND $3 > 0',
        [topic, partition, from],
      ),
    );
    const [gap] = rows;
    if (!gap) return;
    const { group: consumer, logger } = this.options;
    logger.error(
      { consumer, topic, partition, from, to: gap.removed_to },
      'events were removed before they were handled',
    );
  }

  private async handle(event: PlacedEvent, client: PoolClient, subscription: Subscription): Promise<void> {
    const givenUp = this.setbacks.givenUp(event);
    if (givenUp === undefined) return subscription.handle(event, client);
    await this.letters.bury(client, event, givenUp.error);
    const { id, type, subject } = event;
    const { group: consumer, logger } = this.options;
    logger.error({ consumer, event: id, type, subject, err: givenUp.error }, 'an event was given up');
  }

  private note(place: PartitionOf, event: PlacedEvent | undefined, error: unknown): void {
    const passing = event === undefined || this.options.isPassing(error);
    this.setbacks.note(place, event, error, passing);
    const { group, logger } = this.options;
    logger.warn({ consumer: group, ...place, event: event?.id, passing, err: error }, 'an event will be tried again');
  }
}
