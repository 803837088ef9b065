import { type CloudEvent, type EventFeed, toCloudEvent } from '@lading/events';
import type { FeedQuery } from './event.schema.js';
import type { Installation } from './installation.js';
import { readPage } from './read-page.js';

/** A page of the feed as it is answered. */
export interface EventPage {
  readonly events: readonly CloudEvent[];
  /** `after` of the next page. */
  readonly next: string;
}

/** One page of events. */
export class ListEvents {
  constructor(
    private readonly feed: EventFeed,
    private readonly installation: Installation,
  ) {}

  /** @throws ApiError 400, 410 */
  async execute({ after, limit }: FeedQuery): Promise<EventPage> {
    const installation = await this.installation.id();
    const { events, next } = await readPage(this.feed, after, limit);
    return { events: events.map((event) => toCloudEvent(event, installation)), next };
  }
}
