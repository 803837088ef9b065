import type { Logger } from '@lading/platform';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { PoolClient } from 'pg';
import { isObservable, lastValueFrom } from 'rxjs';
import { EVENT_CATALOGUE } from '../catalogue.js';
import type { EventConsumer } from '../event-consumer.port.js';
import type { PlacedEvent } from '../log-event.js';
import { EventContext } from './event-context.js';

/**
 * Feeds `@HandlesEvent` methods, one for each type of the catalogue, from an `EventConsumer`: the handler
 * works in the transaction that also moves the place, so what it does and how far the consumer has come are one.
 *
 * A type of the catalogue without a handler is a mistake, and the start fails. A type that is not in it is of a newer
 * version: it is counted and passed over.
 */
export class EventStrategy extends Server implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private readonly unknown = new Map<string, number>();

  constructor(
    private readonly consumer: EventConsumer,
    private readonly topics: readonly string[],
    private readonly log: Logger,
  ) {
    super();
  }

  listen(callback: (error?: unknown) => void): void {
    const missing = Object.keys(EVENT_CATALOGUE).filter((type) => !this.messageHandlers.has(type));
    if (missing.length > 0) {
      callback(new Error(`nothing handles ${missing.join(', ')}`));
      return;
    }
    this.consumer.start({ topics: this.topics, handle: (event, transaction) => this.handle(event, transaction) });
    callback();
  }

  async close(): Promise<void> {
    await this.consumer.stop();
  }

  on(): never {
    throw new Error('a consumer of events tells of nothing');
  }

  unwrap<T>(): T {
    return this.consumer as T;
  }

  /** What the consumer does with each event. Also for one that was given up and is tried once more. */
  async handle(event: PlacedEvent, transaction: PoolClient): Promise<void> {
    const handler = this.messageHandlers.get(event.type);
    if (!handler) return this.passOver(event.type);
    const known = EVENT_CATALOGUE[event.type as keyof typeof EVENT_CATALOGUE];
    const result = await handler(known.parse(event.data), new EventContext([event, transaction]));
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  }

  /** Told once for each type; reconciliation repairs what it would have changed. */
  private passOver(type: string): void {
    const count = (this.unknown.get(type) ?? 0) + 1;
    this.unknown.set(type, count);
    if (count === 1) this.log.warn({ type }, 'events of a type that this version does not know are passed over');
  }
}
