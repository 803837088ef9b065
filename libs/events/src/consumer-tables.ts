/**
 * Tables that a service needs in its own schema to consume events: how far each group has come, and the events that it
 * gave up. For a migration of that service.
 */
export function consumerTables(schema: string): string {
  return `
    CREATE TABLE ${schema}.consumer_place (
      consumer text NOT NULL,
      topic text NOT NULL,
      partition integer NOT NULL,
      next_position bigint NOT NULL DEFAULT 0,
      PRIMARY KEY (consumer, topic, partition));
    CREATE TABLE ${schema}.dead_letter (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      consumer text NOT NULL,
      topic text NOT NULL,
      partition integer NOT NULL,
      position bigint NOT NULL,
      event_id uuid NOT NULL,
      message_key text NOT NULL,
      type text NOT NULL,
      subject text NOT NULL,
      aggregate_version bigint NOT NULL,
      occurred_at timestamptz NOT NULL,
      data jsonb NOT NULL,
      error text NOT NULL,
      buried_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      UNIQUE (consumer, event_id));`;
}
