import { statement, transaction } from '@lading/database';
import type { Pool, PoolClient } from 'pg';
import { EventPublisher } from '../event-publisher.port.js';
import type { LogEvent } from '../log-event.js';
import { partitionOf } from '../partition-of.js';

/** Appends to the log in PostgreSQL. What was published before, and is published again, is in it once. */
export class PgEventPublisher extends EventPublisher {
  constructor(private readonly pool: Pool) {
    super();
  }

  async publish(events: readonly LogEvent[]): Promise<void> {
    if (events.length === 0) return;
    await transaction(this.pool, async (client) => {
      const last = await lockHead(client);
      await append(client, last, events);
    });
  }
}

/** One appends at a time; what is known already is looked for in a statement after the lock. @returns the last position. */
async function lockHead(client: PoolClient): Promise<number> {
  const { rows } = await client.query<{ position: number }>(statement('SELECT position FROM events.head FOR UPDATE'));
  return (rows[0] as { position: number }).position;
}

async function append(client: PoolClient, last: number, events: readonly LogEvent[]): Promise<void> {
  await client.query(
    statement(
      `WITH appended AS (
         INSERT INTO events.log (position, topic, partition, event_id, message_key, type, subject, aggregate_version,
           occurred_at, data)
         SELECT $1 + row_number() OVER (ORDER BY e.n), e.topic, e.partition, e.id, e.key, e.type, e.subject, e.version,
                e.time, e.data
         FROM unnest($2::text[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                     $9::timestamptz[], $10::jsonb[])
              WITH ORDINALITY AS e(topic, partition, id, key, type, subject, version, time, data, n)
         WHERE NOT EXISTS (SELECT 1 FROM events.log l WHERE l.event_id = e.id)
         RETURNING position, topic, partition),
       headed AS (
         INSERT INTO events.partition_head AS h (topic, partition, position)
         SELECT topic, partition, max(position) FROM appended GROUP BY topic, partition
         ON CONFLICT (topic, partition) DO UPDATE SET position = excluded.position)
       UPDATE events.head SET position = position + (SELECT count(*) FROM appended)`,
      [
        last,
        events.map((event) => event.topic),
        events.map((event) => partitionOf(event.key)),
        events.map((event) => event.id),
        events.map((event) => event.key),
        events.map((event) => event.type),
        events.map((event) => event.subject),
        events.map((event) => event.aggregateVersion),
        events.map((event) => event.time),
        events.map((event) => JSON.stringify(event.data)),
      ],
    ),
  );
}
