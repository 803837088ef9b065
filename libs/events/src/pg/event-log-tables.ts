import { sqlMigration } from '@lading/database';

/**
 * The event log of the standalone shape. One row says how far it goes: who appends locks it, so positions have no gaps and
 * become visible in their order, and a reader that has seen one has seen all before it. `removed_to` is the last position
 * that was removed because it was old.
 */
export const EventLog0001 = sqlMigration(
  1,
  'event log',
  `CREATE TABLE events.log (
     position bigint PRIMARY KEY,
     topic text NOT NULL,
     partition integer NOT NULL,
     event_id uuid NOT NULL UNIQUE,
     message_key text NOT NULL,
     type text NOT NULL,
     subject text NOT NULL,
     aggregate_version bigint NOT NULL,
     occurred_at timestamptz NOT NULL,
     data jsonb NOT NULL,
     logged_at timestamptz NOT NULL DEFAULT clock_timestamp());
   CREATE INDEX log_partition ON events.log (topic, partition, position);
   CREATE INDEX log_age ON events.log (logged_at);
   CREATE TABLE events.head (
     one boolean PRIMARY KEY DEFAULT true CHECK (one),
     position bigint NOT NULL DEFAULT 0,
     removed_to bigint NOT NULL DEFAULT 0);
   INSERT INTO events.head DEFAULT VALUES;
   CREATE TABLE events.partition_head (
     topic text NOT NULL,
     partition integer NOT NULL,
     position bigint NOT NULL,
     removed_to bigint NOT NULL DEFAULT 0,
     PRIMARY KEY (topic, partition));`,
);
