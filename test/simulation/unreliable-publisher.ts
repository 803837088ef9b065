import { EventPublisher, type LogEvent } from '@lading/events';
import type { Random } from './random.js';

/** A log that keeps none of its promises: nothing that is safe may depend on them. */
export class UnreliablePublisher extends EventPublisher {
  constructor(
    private readonly log: EventPublisher,
    private readonly random: Random,
  ) {
    super();
  }

  /** A quarter of the events is lost, another comes twice, and half of the batches are the wrong way round. */
  async publish(events: readonly LogEvent[]): Promise<void> {
    const { random } = this;
    const kept = events.filter(() => !random.once(4));
    const doubled = kept.flatMap((event) => (random.once(4) ? [event, { ...event, id: random.uuid() }] : [event]));
    await this.log.publish(random.once(2) ? doubled.reverse() : doubled);
  }
}
