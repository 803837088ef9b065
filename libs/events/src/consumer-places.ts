import { statement } from '@lading/database';
import type { Pool, PoolClient } from 'pg';
import { PARTITIONS } from './partition-of.js';

export interface PartitionOf {
  readonly topic: string;
  readonly partition: number;
}

/** How far one group has come, in tables of the consumer's own schema (`consumerTables`). */
export class ConsumerPlaces {
  /** @param schema a name from the source, never one that came from outside. */
  constructor(
    private readonly schema: string,
    private readonly group: string,
  ) {}

  /** Makes the rows of a new group; those that are there stay. */
  async ensure(pool: Pool, topics: readonly string[]): Promise<void> {
    await pool.query(
      statement(
        `INSERT INTO ${this.schema}.consumer_place (consumer, topic, partition)
         SELECT $1, t.topic, p.partition FROM unnest($2::text[]) AS t(topic), generate_series(0, $3::int - 1) AS p(partition)
         ON CONFLICT DO NOTHING`,
        [this.group, topics, PARTITIONS],
      ),
    );
  }

  /**
   * Locks the group's place in a partition until the transaction ends: whoever holds it is the one member that handles
   * this partition, and one that was given up for dead cannot move it any more, for its lock is gone with its
   * connection. Not waited for: a place that is held is in good hands.
   *
   * @returns the position of the next event to handle; undefined while another member holds it.
   */
  async take(client: PoolClient, { topic, partition }: PartitionOf): Promise<number | undefined> {
    const { rows } = await client.query<{ next_position: number }>(
      statement(
        `SELECT next_position FROM ${this.schema}.consumer_place
         WHERE consumer = $1 AND topic = $2 AND partition = $3 FOR UPDATE SKIP LOCKED`,
        [this.group, topic, partition],
      ),
    );
    return rows[0]?.next_position;
  }

  /** In the transaction that took it. */
  async move(client: PoolClient, { topic, partition }: PartitionOf, next: number): Promise<void> {
    await client.query(
      statement(
        `UPDATE ${this.schema}.consumer_place SET next_position = $4
         WHERE consumer = $1 AND topic = $2 AND partition = $3`,
        [this.group, topic, partition, next],
      ),
    );
  }
}
