import { statement } from '@lading/database';
import { trimLog } from '@lading/events';
import { type Logger, sleep } from '@lading/platform';
import type { Pool } from 'pg';

const ROUND_MS = 60_000;

/** Events removed in one transaction. */
const BATCH = 5_000;

/** Seconds after which a transaction counts as forgotten. Ours end within a minute, or the database ends them. */
const FORGOTTEN_SECONDS = 120;

interface Forgotten {
  pid: number;
  application_name: string;
  state: string | null;
  seconds: number;
}

/**
 * Keeps the event log within its age, and looks for transactions that somebody forgot to end: the rows that the relay deletes
 * stay on disk as long as one is open, and every look at the outbox has to step over them.
 */
export class LogKeeper {
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  /** @param keepMs how long events are kept (`LADING_EVENT_RETENTION`). */
  constructor(
    private readonly pool: Pool,
    private readonly keepMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Ends after the piece of work in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sleep(ROUND_MS, signal);
      if (!signal.aborted)
        await this.round().catch((err: unknown) => this.logger.warn({ err }, 'the log was not kept'));
    }
  }

  async round(): Promise<void> {
    while (!this.stopping.signal.aborted && (await trimLog(this.pool, this.keepMs, BATCH)) === BATCH);
    const forgotten = await findForgotten(this.pool);
    if (forgotten) this.logger.warn({ ...forgotten }, 'a transaction has been open for long; the outbox grows on disk');
  }
}

/** The longest open transaction of this database, if it is open for too long. */
async function findForgotten(pool: Pool): Promise<Forgotten | undefined> {
  const { rows } = await pool.query<Forgotten>(
    statement(
      `SELECT pid, application_name, state, extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds
       FROM pg_stat_activity
       WHERE datname = current_database() AND xact_start < clock_timestamp() - $1 * interval '1 second'
       ORDER BY xact_start LIMIT 1`,
      [FORGOTTEN_SECONDS],
    ),
  );
  return rows[0];
}
