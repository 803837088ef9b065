import type { FeedEvent } from './event-feed.port.js';

/** CloudEvents 1.0 in its structured JSON form: what leaves the installation. */
export interface CloudEvent {
  readonly specversion: '1.0';
  /** The same for an event that is delivered again. */
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly subject: string;
  /** RFC 3339, by the database's clock; for people, never for order. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** The "partitioning" extension: events of one key keep their order. */
  readonly partitionkey: string;
  /** Version of the repository or project after this event: one more than that of the event before it with this key. */
  readonly aggregateversion: number;
  /** Where the feed goes on after this event. A text that has no meaning but to the feed it came from. */
  readonly cursor: string;
  readonly data: unknown;
}

/** @param installation its id, which every event of it has as its source. */
export function toCloudEvent(event: FeedEvent, installation: string): CloudEvent {
  const { id, type, subject, time, key, aggregateVersion, cursor, data } = event;
  return {
    specversion: '1.0',
    id,
    source: `urn:uuid:${installation}`,
    type,
    subject,
    time: time.toISOString(),
    datacontenttype: 'application/json',
    partitionkey: key,
    aggregateversion: aggregateVersion,
    cursor,
    data,
  };
}
