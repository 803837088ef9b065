import { uptime } from 'node:os';
import { statement } from '@lading/database';
import type { Logger } from '@lading/platform';
import type { Pool } from 'pg';

/** Milliseconds by which two clocks may differ from one look to the next before one of them is believed to have jumped (T18). */
const JUMP_MS = 5 * 60_000;

/** Why nothing, or less, is collected at present. */
export interface Stop {
  readonly reason: string;
  readonly since: Date;
  /** Who asked for it; undefined for the collector itself. */
  readonly actor?: string;
}

/** What holds for every collector. */
export interface Orders {
  /** A person has stopped collection: nothing is done. */
  readonly pause?: Stop;
  /** The clock has jumped: only what takes nothing away is done. */
  readonly halt?: Stop;
  /** Steps a second of each collector; undefined: as fast as it goes. */
  readonly pace?: number;
}

interface Row {
  now: Date;
  seen_at: Date;
  halted_at: Date | null;
  reason: string | null;
  paused_at: Date | null;
  paused_by: string | null;
  pause_reason: string | null;
  pace: number | null;
}

const COLUMNS = 'c.halted_at, c.reason, c.paused_at, c.paused_by, c.pause_reason, c.pace';

/**
 * What the collectors are told, in one row of their database: it holds for all of them, and across restarts.
 *
 * Collection halts by itself after the database's clock has jumped: a clock set forward makes everything look old at once (T18).
 * That lasts until an operator confirms. Nothing here is needed for safety of what is in use; it guards the time that what
 * was deleted can be restored.
 */
export class Control {
  private before: { database: number; own: number } | undefined;

  /** @param monotonic milliseconds of a clock that never jumps, and goes on while the machine sleeps. */
  constructor(
    private readonly pool: Pool,
    private readonly logger: Logger,
    private readonly monotonic: () => number = () => uptime() * 1_000,
  ) {}

  /** Looks at the clocks, and at what was said. For before each piece of work. */
  async check(): Promise<Orders> {
    const { rows } = await this.pool.query<Row>(
      statement(
        `UPDATE gc.control c SET seen_at = greatest(c.seen_at, clock_timestamp())
         FROM (SELECT seen_at FROM gc.control) AS old
         RETURNING clock_timestamp() AS now, old.seen_at, ${COLUMNS}`,
      ),
    );
    const row = rows[0] as Row;
    const jump = this.jumpOf(row.now, row.seen_at);
    const orders = ordersOf(row);
    if (orders.halt !== undefined || jump === undefined) return orders;
    return { ...orders, halt: await this.halt(`the clock of the database jumped by ${Math.round(jump / 1000)} s`) };
  }

  /** What was said, and nothing else. */
  async read(): Promise<Orders> {
    const { rows } = await this.pool.query<Row>(statement(`SELECT ${COLUMNS} FROM gc.control c`));
    return ordersOf(rows[0] as Row);
  }

  /** Nothing is done from now on, until `resume`. The first pause of several is kept. */
  async pause(reason: string, actor: string): Promise<Stop> {
    const { rows } = await this.pool.query<Row>(
      statement(
        `UPDATE gc.control c SET paused_at = coalesce(paused_at, clock_timestamp()),
           paused_by = CASE WHEN paused_at IS NULL THEN $2 ELSE paused_by END,
           pause_reason = CASE WHEN paused_at IS NULL THEN $1 ELSE pause_reason END
         RETURNING ${COLUMNS}`,
        [reason, actor],
      ),
    );
    this.logger.warn({ reason, actor }, 'collection is paused');
    return ordersOf(rows[0] as Row).pause as Stop;
  }

  async resume(actor: string): Promise<void> {
    await this.pool.query(statement('UPDATE gc.control SET paused_at = NULL, paused_by = NULL, pause_reason = NULL'));
    this.logger.warn({ actor }, 'collection goes on');
  }

  /** An operator has looked, and a halt ends. The clocks are as they are now. */
  async confirm(actor: string): Promise<void> {
    this.before = undefined;
    await this.pool.query(
      statement('UPDATE gc.control SET halted_at = NULL, reason = NULL, seen_at = clock_timestamp()'),
    );
    this.logger.warn({ actor }, 'the clocks are confirmed, and collection goes on');
  }

  /** @param pace steps a second of each collector; undefined: no limit. */
  async setPace(pace: number | undefined, actor: string): Promise<void> {
    await this.pool.query(statement('UPDATE gc.control SET pace = $1', [pace ?? null]));
    this.logger.warn({ pace, actor }, 'collection has a new pace');
  }

  private async halt(reason: string): Promise<Stop> {
    const { rows } = await this.pool.query<{ halted_at: Date; reason: string }>(
      statement(
        `UPDATE gc.control SET halted_at = coalesce(halted_at, clock_timestamp()), reason = coalesce(reason, $1)
         RETURNING halted_at, reason`,
        [reason],
      ),
    );
    const halted = rows[0] as { halted_at: Date; reason: string };
    this.logger.error({ reason: halted.reason }, 'collection is halted until an operator confirms the clocks');
    return { reason: halted.reason, since: halted.halted_at };
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

function ordersOf(row: Omit<Row, 'now' | 'seen_at'>): Orders {
  const { halted_at: haltedAt, paused_at: pausedAt, pace } = row;
  return {
    ...(pausedAt && { pause: { reason: row.pause_reason ?? '', since: pausedAt, actor: row.paused_by ?? '' } }),
    ...(haltedAt && { halt: { reason: row.reason ?? '', since: haltedAt } }),
    ...(pace !== null && { pace }),
  };
}
