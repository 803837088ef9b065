import { uptime } from 'node:os';
import { statement } from '@lading/database';
import type { Logger } from '@lading/platform';
import type { Pool } from 'pg';

/** Milliseconds by which two clocks may differ over one round before one of them is believed to have jumped (T18). */
const JUMP_MS = 5 * 60_000;

/** Why nothing is collected at present. */
export interface Halt {
  readonly reason: string;
  readonly since: Date;
}

interface Row {
  now: Date;
  seen_at: Date;
  halted_at: Date | null;
  reason: string | null;
}

/**
 * Whether the collector may take anything away. It may not while an operator has stopped it, and not after the database's clock has
 * jumped: a clock set forward makes everything look old at once (T18). Both last until somebody says otherwise, across restarts.
 *
 * Nothing here is needed for safety of what is in use; it guards the time that what was deleted can be restored.
 */
export class Control {
  private before: { database: number; own: number } | undefined;

  /** @param monotonic milliseconds of a clock that never jumps, and goes on while the machine sleeps. */
  constructor(
    private readonly pool: Pool,
    private readonly logger: Logger,
    private readonly monotonic: () => number = () => uptime() * 1_000,
  ) {}

  /** Looks at the clocks, and at what was said. For once a round. @returns why nothing is to be taken away, if so. */
  async check(): Promise<Halt | undefined> {
    const { rows } = await this.pool.query<Row>(
      statement(
        `UPDATE gc.control c SET seen_at = greatest(c.seen_at, clock_timestamp())
         FROM (SELECT seen_at FROM gc.control) AS old
         RETURNING clock_timestamp() AS now, old.seen_at, c.halted_at, c.reason`,
      ),
    );
    const { now, seen_at: seenAt, halted_at: haltedAt, reason } = rows[0] as Row;
    const jump = this.jumpOf(now, seenAt);
    if (haltedAt !== null) return { reason: reason ?? '', since: haltedAt };
    if (jump === undefined) return undefined;
    return this.halt(`the clock of the database jumped by ${Math.round(jump / 1000)} s`);
  }

  /** Nothing is taken away from now on. */
  async halt(reason: string): Promise<Halt> {
    const { rows } = await this.pool.query<{ halted_at: Date; reason: string }>(
      statement(
        `UPDATE gc.control SET halted_at = coalesce(halted_at, clock_timestamp()), reason = coalesce(reason, $1)
         RETURNING halted_at, reason`,
        [reason],
      ),
    );
    const halted = rows[0] as { halted_at: Date; reason: string };
    this.logger.error({ reason: halted.reason }, 'collection is halted until an operator resumes it');
    return { reason: halted.reason, since: halted.halted_at };
  }

  /** An operator has looked, and collection goes on. The clocks are as they are now. */
  async resume(): Promise<void> {
    this.before = undefined;
    await this.pool.query(
      statement('UPDATE gc.control SET halted_at = NULL, reason = NULL, seen_at = clock_timestamp()'),
    );
  }

  /** Milliseconds; undefined where the clocks agree. A clock that was set back while no collector ran shows in `seenAt`. */
  private jumpOf(now: Date, seenAt: Date): number | undefined {
    const database = now.getTime();
    const own = this.monotonic();
    const { before } = this;
    this.before = { database, own };
    const jump = before ? database - before.database - (own - before.own) : Math.min(0, database - seenAt.getTime());
    return Math.abs(jump) > JUMP_MS ? jump : undefined;
  }
}
