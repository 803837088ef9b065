import { statement } from '@lading/database';
import type { Pool, PoolClient } from 'pg';
import type { PlacedEvent } from './log-event.js';

/** Characters of an error that are kept with an event. */
const ERROR_SHOWN = 2_000;

export interface DeadLetter {
  readonly id: number;
  readonly event: PlacedEvent;
  readonly error: string;
  readonly buriedAt: Date;
}

interface Row {
  id: number;
  topic: string;
  partition: number;
  position: number;
  event_id: string;
  message_key: string;
  type: string;
  subject: string;
  aggregate_version: number;
  occurred_at: Date;
  data: unknown;
  error: string;
  buried_at: Date;
}

/** Events that a group gave up, in a table of the consumer's own schema (`consumerTables`). */
export class DeadLetters {
  /** @param schema a name from the source, never one that came from outside. */
  constructor(
    private readonly schema: string,
    private readonly group: string,
  ) {}

  /** In the transaction that moves the group's place past the event. */
  async bury(client: PoolClient, event: PlacedEvent, error: unknown): Promise<void> {
    await client.query(
      statement(
        `INSERT INTO ${this.schema}.dead_letter (consumer, topic, partition, position, event_id, message_key, type,
           subject, aggregate_version, occurred_at, data, error)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (consumer, event_id) DO UPDATE SET error = excluded.error, buried_at = clock_timestamp()`,
        [this.group, ...columnsOf(event), textOf(error)],
      ),
    );
  }

  /** The oldest first. */
  async list(pool: Pool, limit: number): Promise<DeadLetter[]> {
    const { rows } = await pool.query<Row>(
      statement(`SELECT * FROM ${this.schema}.dead_letter WHERE consumer = $1 ORDER BY id LIMIT $2`, [
        this.group,
        limit,
      ]),
    );
    return rows.map(toDeadLetter);
  }

  /** Locks one for another try, in whose transaction it is removed. @returns undefined if it is gone or in hand. */
  async exhume(client: PoolClient, id: number): Promise<PlacedEvent | undefined> {
    const { rows } = await client.query<Row>(
      statement(
        `DELETE FROM ${this.schema}.dead_letter WHERE id = (
           SELECT id FROM ${this.schema}.dead_letter WHERE consumer = $1 AND id = $2 FOR UPDATE SKIP LOCKED)
         RETURNING *`,
        [this.group, id],
      ),
    );
    return rows[0] && toDeadLetter(rows[0]).event;
  }
}

function columnsOf(event: PlacedEvent): unknown[] {
  const { topic, partition, position, id, key, type, subject, aggregateVersion, time, data } = event;
  return [topic, partition, position, id, key, type, subject, aggregateVersion, time, JSON.stringify(data)];
}

function toDeadLetter(row: Row): DeadLetter {
  const { id, topic, partition, position, type, subject, data, error } = row;
  return {
    id,
    error,
    buriedAt: row.buried_at,
    event: {
      id: row.event_id,
      key: row.message_key,
      aggregateVersion: row.aggregate_version,
      time: row.occurred_at,
      topic,
      partition,
      position,
      type,
      subject,
      data,
    },
  };
}

function textOf(error: unknown): string {
  return (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).slice(0, ERROR_SHOWN);
}
