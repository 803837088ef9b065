import { statement, transaction } from '@lading/database';
import type { EventPublisher, LogEvent } from '@lading/events';
import { type Logger, sleep } from '@lading/platform';
import type { Pool, PoolClient } from 'pg';

/** Name of the lock that makes one relay active: any number, known to relays alone. */
const LOCK = 7_305_802_173;

export interface RelayOptions {
  /** Events in one batch; 500 unless told. */
  readonly batch?: number;
  /** Milliseconds between two looks at an empty outbox; 100 unless told. */
  readonly pollMs?: number;
}

interface OutboxRow {
  seq: number;
  event_id: string;
  topic: string;
  message_key: string;
  type: string;
  subject: string;
  aggregate_version: number;
  created_at: Date;
  data: unknown;
}

/**
 * Moves events from the outbox to the log, at least once and in order. One relay is active, others stand by.
 *
 *   in one transaction:
 *     the lock of relays, or leave it to whoever holds it
 *     the oldest rows by `seq`
 *     publish them
 *     delete what was published
 *
 * Order. The rows of one key are in `seq` order as their changes were committed: a change takes its row numbers while it holds the
 * row of its repository, until it commits. So of one key no row becomes visible before a lower one, and of two changes one of which was
 * committed before the other began, the first has the lower numbers and is seen no later. What is published is deleted and nothing
 * else, so a row that becomes visible late is published late, never passed over: a transaction that stays open for hours
 * holds back its own events alone.
 *
 * Crashes. Killed before the log has the batch: it is still in the outbox. Killed after: it is published again, and the log or
 * its readers know it by its id. A relay that lost its connection has lost its lock, and its transaction cannot delete anything.
 */
export class Relay {
  private readonly batch: number;
  private readonly pollMs: number;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: Pool,
    private readonly publisher: EventPublisher,
    private readonly logger: Logger,
    { batch = 500, pollMs = 100 }: RelayOptions = {},
  ) {
    this.batch = batch;
    this.pollMs = pollMs;
  }

  start(): void {
    this.running = this.run();
  }

  /** Ends after the batch in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let told = false;
    while (!signal.aborted) {
      const moved = await this.moveBatch().catch((err: unknown) => {
        if (!told) this.logger.warn({ err }, 'events wait in the outbox');
        told = true;
        return undefined;
      });
      if (moved !== undefined) told = false;
      if (moved === undefined || moved < this.batch) await sleep(this.pollMs, signal);
    }
  }

  /** @returns how many events were published; 0 too while another relay is active. */
  async moveBatch(): Promise<number> {
    return transaction(this.pool, async (client) => {
      if (!(await takeLock(client))) return 0;
      const rows = await readOldest(client, this.batch);
      if (rows.length === 0) return 0;
      await this.publisher.publish(rows.map(toEvent));
      await remove(client, rows);
      return rows.length;
    });
  }
}

async function takeLock(client: PoolClient): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    statement('SELECT pg_try_advisory_xact_lock($1) AS taken', [LOCK]),
  );
  return rows[0]?.taken === true;
}

async function readOldest(client: PoolClient, limit: number): Promise<OutboxRow[]> {
  const { rows } = await client.query<OutboxRow>(
    statement(
      `SELECT seq, event_id, topic, message_key, type, subject, aggregate_version, created_at, data
       FROM registry.outbox ORDER BY seq LIMIT $1`,
      [limit],
    ),
  );
  return rows;
}

async function remove(client: PoolClient, rows: readonly OutboxRow[]): Promise<void> {
  await client.query(
    statement('DELETE FROM registry.outbox WHERE seq = ANY($1::bigint[])', [rows.map((row) => row.seq)]),
  );
}

function toEvent(row: OutboxRow): LogEvent {
  const { topic, type, subject, data } = row;
  return {
    id: row.event_id,
    key: row.message_key,
    aggregateVersion: row.aggregate_version,
    time: row.created_at,
    topic,
    type,
    subject,
    data,
  };
}
