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
  private readonly pollMs: number;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    private readonly options: PgEventConsumerOptions,
  ) {
    super();
    const { schema, group, batch = 200, pollMs = 100, tries = 5 } = options;
    this.places = new ConsumerPlaces(schema, group);
    this.letters = new DeadLetters(schema, group);
    this.setbacks = new Setbacks(tries);
    this.batch = batch;
    this.pollMs = pollMs;
  }

  start(subscription: Subscription): void {
    this.running = this.run(subscription);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(subscription: Subscription): Promise<void> {
    let ready = false;
    while (!this.stopping.signal.aborted) {
      let handled = 0;
      try {
        if (!ready) await this.places.ensure(this.pool, subscription.topics);
        ready = true;
        handled = await this.round(subscription);
      } catch (error) {
        this.options.logger.warn({ consumer: this.options.group, err: error }, 'events could not be read');
      }
      if (handled === 0) await sleep(this.pollMs, this.stopping.signal);
    }
  }

  /** @returns how many events were handled. */
  private async round(subscription: Subscription): Promise<number> {
    const behind = await this.findBehind(subscription.topics);
    const due = behind.filter((place) => this.setbacks.isDue(place));
    const handled = await Promise.all(due.map((place) => this.drain(place, subscription)));
    return handled.reduce((sum, count) => sum + count, 0);
  }

  private async findBehind(topics: readonly string[]): Promise<PartitionOf[]> {
    const { schema, group } = this.options;
    const { rows } = await this.pool.query<PartitionOf>(
      statement(
        `SELECT p.topic, p.partition FROM ${schema}.consumer_place p
         JOIN events.partition_head h ON h.topic = p.topic AND h.partition = p.partition
         WHERE p.consumer = $1 AND p.topic = ANY($2::text[]) AND h.position >= p.next_position`,
        [group, topics],
      ),
    );
    return rows;
  }

  /** One batch of a partition. Its errors end here: what goes wrong in one partition holds up no other. */
  private async drain(place: PartitionOf, subscription: Subscription): Promise<number> {
    const inHand: { event?: PlacedEvent } = {};
    try {
      const events = await transaction(this.pool, (client) => this.deliver(place, subscription, client, inHand));
      const last = events.at(-1);
      if (last) this.setbacks.passed(place, last.position);
      return events.length;
    } catch (error) {
      this.note(place, inHand.event, error);
      return 0;
    }
  }

  /** @param inHand is told which event is being handled. */
  private async deliver(
    place: PartitionOf,
    subscription: Subscription,
    client: PoolClient,
    inHand: { event?: PlacedEvent },
  ): Promise<PlacedEvent[]> {
    inHand.event = undefined;
    const from = await this.places.take(client, place);
    if (from === undefined) return [];
    const events = await readPartition(client, place, from, this.setbacks.batchOf(place, this.batch));
    for (const event of events) {
      inHand.event = event;
      await this.handle(event, client, subscription);
    }
    inHand.event = undefined;
    const last = events.at(-1);
    if (last) await this.places.move(client, place, last.position + 1);
    return events;
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
