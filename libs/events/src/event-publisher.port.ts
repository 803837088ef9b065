import type { LogEvent } from './log-event.js';

/** Where the relay puts events. */
export abstract class EventPublisher {
  /**
   * Appends events, those of one key in the order given. Resolves when all are durable. An event that is published
   * again, because the first answer was lost, may be in the log twice.
   *
   * @throws when it is not certain that all are durable; the caller publishes all of them again.
   */
  abstract publish(events: readonly LogEvent[]): Promise<void>;
}
