import { statement } from '@lading/database';
import type { Pool } from 'pg';

/** How far the collectors' group is behind the log. */
export class EventLag {
  constructor(private readonly pool: Pool) {}

  /** Events that were not handled yet, counted from places in the log. */
  async behind(): Promise<number> {
    const { rows } = await this.pool.query<{ behind: number }>(
      statement(
        `SELECT count(*) AS behind FROM gc.consumer_place p
         JOIN events.log l ON l.topic = p.topic AND l.partition = p.partition AND l.position >= p.next_position
         WHERE p.consumer = 'gc'`,
      ),
    );
    return rows[0]?.behind ?? 0;
  }

  /** Given up, of this group. */
  async deadLetters(): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>(
      statement(`SELECT count(*) FROM gc.dead_letter WHERE consumer = 'gc'`),
    );
    return rows[0]?.count ?? 0;
  }
}
