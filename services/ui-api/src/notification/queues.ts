import { type Pool, statement } from '@lading/database';
import type { Queue } from './queue.js';

interface Row {
  cursor: string;
  counts: Queue['counts'];
  last_error: string | null;
  last_error_at: Date | null;
  last_success_at: Date | null;
}

const COLUMNS = 'cursor, counts, last_error, last_error_at, last_success_at';

/**
 * Places of endpoints in the log, in schema `ui`. One process at a time works for an endpoint: the one that holds its row, which
 * it has to tell again and again. One that was held up for too long finds its row with another, and cannot move it; what it
 * sent meanwhile comes twice, with the same ids.
 */
export class Queues {
  /** @param holder a UUID of this process. */
  constructor(
    private readonly pool: Pool,
    private readonly holder: string,
  ) {}

  /** Makes the row of a new endpoint, which begins after `cursor`; one that is there stays. */
  async ensure(name: string, cursor: string): Promise<void> {
    await this.pool.query(
      statement('INSERT INTO ui.notification_queue (name, cursor) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
        name,
        cursor,
      ]),
    );
  }

  async has(name: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      statement('SELECT 1 FROM ui.notification_queue WHERE name = $1', [name]),
    );
    return rowCount === 1;
  }

  /** @returns undefined while another process holds it. */
  async take(name: string, holdMs: number): Promise<Queue | undefined> {
    const { rows } = await this.pool.query<Row>(
      statement(
        `UPDATE ui.notification_queue
         SET holder = $2, held_until = clock_timestamp() + $3 * interval '1 millisecond'
         WHERE name = $1 AND (holder = $2 OR held_until < clock_timestamp()) RETURNING ${COLUMNS}`,
        [name, this.holder, holdMs],
      ),
    );
    return rows[0] && toQueue(rows[0]);
  }

  /** Keeps what became of it, and holds it for longer. @returns false when another process holds it now. */
  async save(name: string, queue: Queue, holdMs: number): Promise<boolean> {
    const { cursor, counts, lastError, lastErrorAt, lastSuccessAt } = queue;
    const { rowCount } = await this.pool.query(
      statement(
        `UPDATE ui.notification_queue
         SET cursor = $3, counts = $4, last_error = $5, last_error_at = $6, last_success_at = $7,
             held_until = clock_timestamp() + $8 * interval '1 millisecond'
         WHERE name = $1 AND holder = $2`,
        [name, this.holder, cursor, JSON.stringify(counts), lastError, lastErrorAt, lastSuccessAt, holdMs],
      ),
    );
    return rowCount === 1;
  }

  async release(name: string): Promise<void> {
    await this.pool.query(
      statement('UPDATE ui.notification_queue SET held_until = clock_timestamp() WHERE name = $1 AND holder = $2', [
        name,
        this.holder,
      ]),
    );
  }

  async find(name: string): Promise<Queue | undefined> {
    const { rows } = await this.pool.query<Row>(
      statement(`SELECT ${COLUMNS} FROM ui.notification_queue WHERE name = $1`, [name]),
    );
    return rows[0] && toQueue(rows[0]);
  }
}

function toQueue(row: Row): Queue {
  const none = { events: 0, successes: 0, failures: 0, errors: 0, dropped: 0, statuses: {} };
  return {
    cursor: row.cursor,
    counts: { ...none, ...row.counts },
    lastError: row.last_error,
    lastErrorAt: row.last_error_at,
    lastSuccessAt: row.last_success_at,
  };
}
