import type { EventFeed } from '@lading/events';
import { DeliverEvents, type DeliveryParts } from './deliver-events.js';
import type { Endpoint } from './endpoint.js';
import type { Queue, QueueCounts } from './queue.js';
import type { Queues } from './queues.js';
import { SendNotifications } from './send-notifications.js';

/** An endpoint and how it is doing. */
export interface EndpointStatus extends QueueCounts {
  readonly name: string;
  /** Scheme, host and port: the rest of the address may be a secret. */
  readonly origin: string;
  readonly disabled: boolean;
  /** Events of the log that are not behind it, those among them that it ignores. */
  readonly pending: number;
  readonly lastError: { readonly reason: string; readonly at: Date | null } | null;
  readonly lastSuccessAt: Date | null;
}

/** All endpoints, each with a delivery of its own: none waits for another (EVT-19). */
export class Notifications {
  private readonly deliveries: readonly DeliverEvents[];

  constructor(
    private readonly endpoints: readonly Endpoint[],
    private readonly parts: Omit<DeliveryParts, 'endpoint' | 'sending'>,
  ) {
    const enabled = endpoints.filter(({ disabled }) => !disabled);
    this.deliveries = enabled.map(
      (endpoint) => new DeliverEvents({ ...parts, endpoint, sending: new SendNotifications(endpoint) }),
    );
  }

  async start(): Promise<void> {
    await Promise.all(this.deliveries.map((delivery) => delivery.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.deliveries.map((delivery) => delivery.stop()));
  }

  async list(): Promise<EndpointStatus[]> {
    const { feed, queues } = this.parts;
    return Promise.all(this.endpoints.map((endpoint) => statusOf(endpoint, feed, queues)));
  }
}

const NOTHING: QueueCounts = { events: 0, successes: 0, failures: 0, errors: 0, dropped: 0, statuses: {} };

async function statusOf({ name, url, disabled }: Endpoint, feed: EventFeed, queues: Queues): Promise<EndpointStatus> {
  const queue = await queues.find(name);
  return {
    ...{ name, origin: new URL(url.reveal()).origin, disabled },
    pending: queue && !disabled ? await feed.countAfter(queue.cursor) : 0,
    ...(queue?.counts ?? NOTHING),
    lastError: errorOf(queue),
    lastSuccessAt: queue?.lastSuccessAt ?? null,
  };
}

function errorOf(queue: Queue | undefined): EndpointStatus['lastError'] {
  if (queue === undefined || queue.lastError === null) return null;
  return { reason: queue.lastError, at: queue.lastErrorAt };
}
