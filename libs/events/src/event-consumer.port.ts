import type { PoolClient } from 'pg';
import type { PlacedEvent } from './log-event.js';

/** What a consumer does with events. */
export interface Subscription {
  readonly topics: readonly string[];
  /**
   * The effect of one event, in a transaction of the consumer's own database that also moves its place in the log: effect
   * and place are committed together or not at all, so each event has its effect once, however often it is delivered.
   */
  handle(event: PlacedEvent, transaction: PoolClient): Promise<void>;
}

/**
 * One member of a group of consumers. Members share the partitions: each event has its effect in one of them, those of
 * one key in their order. A member that is slow or stands still holds up nothing but the partition it has in hand.
 */
export abstract class EventConsumer {
  /** Goes on where the group stopped; a new group begins with the oldest event that is kept. */
  abstract start(subscription: Subscription): void;

  /** Ends after the batch in hand. */
  abstract stop(): Promise<void>;
}
