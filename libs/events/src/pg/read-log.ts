import { statement } from '@lading/database';
import type { Pool, PoolClient } from 'pg';
import type { PartitionOf } from '../consumer-places.js';
import type { PlacedEvent } from '../log-event.js';

/** A row of `events.log`. */
export interface LogRow {
  position: number;
  topic: string;
  partition: number;
  event_id: string;
  message_key: string;
  type: string;
  subject: string;
  aggregate_version: number;
  occurred_at: Date;
  data: unknown;
}

/** Columns of `LogRow`. */
export const LOG_COLUMNS = `position, topic, partition, event_id, message_key, type, subject, aggregate_version, occurred_at, data`;

/** Events of one partition from a position on, in order. */
export async function readPartition(
  client: PoolClient,
  { topic, partition }: PartitionOf,
  from: number,
  limit: number,
): Promise<PlacedEvent[]> {
  const { rows } = await client.query<LogRow>(
    statement(
      `SELECT ${LOG_COLUMNS} FROM events.log WHERE topic = $1 AND partition = $2 AND position >= $3
       ORDER BY position LIMIT $4`,
      [topic, partition, from, limit],
    ),
  );
  return rows.map(toEvent);
}

/** Events of all partitions after a position, in order. */
export async function readLog(pool: Pool, after: number, limit: number): Promise<PlacedEvent[]> {
  const { rows } = await pool.query<LogRow>(
    statement(`SELECT ${LOG_COLUMNS} FROM events.log WHERE position > $1 ORDER BY position LIMIT $2`, [after, limit]),
  );
  return rows.map(toEvent);
}

export function toEvent(row: LogRow): PlacedEvent {
  const { position, topic, partition, type, subject, data } = row;
  return {
    id: row.event_id,
    key: row.message_key,
    aggregateVersion: row.aggregate_version,
    time: row.occurred_at,
    position,
    topic,
    partition,
    type,
    subject,
    data,
  };
}
