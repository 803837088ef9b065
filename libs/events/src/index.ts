export { asyncApiDocument } from './async-api.js';
export {
  EVENT_CATALOGUE,
  type EventData,
  type EventRequest,
  type EventType,
  REGISTRY_TOPIC,
  type RegistryEvent,
} from './catalogue.js';
export { type CloudEvent, toCloudEvent } from './cloud-event.js';
export { consumerTables } from './consumer-tables.js';
export { type DeadLetter, DeadLetters } from './dead-letters.js';
export { EventConsumer, type Subscription } from './event-consumer.port.js';
export { EVENT_EXAMPLES } from './event-examples.js';
export { CursorGone, CursorInvalid, EventFeed, type FeedEvent, type FeedPage } from './event-feed.port.js';
export { EventPublisher } from './event-publisher.port.js';
export type { LogEvent, PlacedEvent } from './log-event.js';
export { EventContext } from './nest/event-context.js';
export { EventStrategy } from './nest/event-strategy.js';
export { EventController, HandlesEvent } from './nest/handles-event.js';
export { migrateEventLog } from './pg/migrate-event-log.js';
export { PgEventConsumer, type PgEventConsumerOptions } from './pg/pg-event-consumer.js';
export { PgEventFeed } from './pg/pg-event-feed.js';
export { PgEventPublisher } from './pg/pg-event-publisher.js';
export { readHead } from './pg/read-head.js';
export { readLog } from './pg/read-log.js';
export { trimLog } from './pg/trim-log.js';
