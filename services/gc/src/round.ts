import { type Logger, sleep } from '@lading/platform';
import type { Collectors } from './collector/collectors.js';
import { Rests } from './collector/rests.js';
import type { Tally } from './collector/tally.js';
import type { Control, Orders } from './control/control.js';

/** One kind of work that `gc` does again and again. */
export interface Work {
  readonly name: string;
  /** Whether it takes something away that may be wanted back: not while collection is halted. */
  readonly takes?: true;
  /** Does a bounded piece. @returns true when there may be more at once. */
  run(): Promise<boolean>;
}

/** Milliseconds for which orders are taken as read, and between two reports from within a round. */
const FRESH_MS = 1_000;

/** Milliseconds that a piece is waited for at most, so that a new pace holds soon. */
const LONGEST_PACE_WAIT_MS = 60_000;

export interface RoundParts {
  readonly works: readonly Work[];
  readonly control: Pick<Control, 'check'>;
  readonly collectors: Pick<Collectors, 'report' | 'leave'>;
  readonly tally: Tally;
  /** Pause between two rounds, milliseconds. */
  readonly intervalMs: number;
  readonly logger: Logger;
}

/**
 * Runs work in rounds: everything that is due, then a pause.
 *
 *   before each piece of work, what was said: paused, nothing goes on; halted, only what takes nothing away
 *   a pace is kept by waiting after a piece
 *   an error ends the round of that work alone, is logged once, and the work rests before the next try
 *
 * Nothing here is needed for safety: a collector that stands still costs disk space.
 */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private readonly stopping = new AbortController();
  private readonly rests: Rests;
  private orders: { readonly value: Orders | undefined; readonly readAt: number } | undefined;
  private reportedAt = Number.NEGATIVE_INFINITY;
  private begun = 0;
  private ended = 0;
  private perSecond = 0;
  private work = '';
  /** The last round that somebody asked for: nothing rests in it. */
  private asked = 0;

  constructor(private readonly parts: RoundParts) {
    this.rests = new Rests(parts.intervalMs);
  }

  start(): void {
    this.running = this.round().finally(() => {
      if (this.stopped) return;
      if (this.asked > this.begun) return this.start();
      this.timer = setTimeout(() => this.start(), this.parts.intervalMs);
      this.timer.unref();
    });
  }

  /** A round that begins now, or as soon as the one under way has ended. @returns its number. */
  ask(): number {
    const isBetween = this.begun === this.ended;
    this.asked = this.begun + 1;
    if (isBetween && this.timer !== undefined && !this.stopped) {
      clearTimeout(this.timer);
      this.start();
    }
    return this.asked;
  }

  /** Ends after the piece of work in hand. */
  async stop(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.timer);
    await this.running;
    await this.parts.collectors.leave().catch(() => undefined);
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async round(): Promise<void> {
    this.begun++;
    this.timer = undefined;
    this.orders = undefined;
    const [begin, before] = [performance.now(), this.parts.tally.steps];
    for (const work of this.parts.works) await this.pieces(work);
    const steps = this.parts.tally.steps - before;
    if (steps > 0) this.perSecond = (steps * 1_000) / Math.max(1, performance.now() - begin);
    this.work = '';
    this.ended = this.begun;
    await this.report(this.asked === this.begun || this.parts.intervalMs >= FRESH_MS);
  }

  private async pieces(work: Work): Promise<void> {
    if (this.rests.isResting(work.name) && this.asked !== this.begun) return;
    this.work = work.name;
    try {
      while (!this.stopped && (await this.mayRun(work)) && (await this.piece(work)));
      this.rests.wentWell(work.name);
    } catch (error) {
      this.rests.wentWrong(work.name, error);
      this.parts.logger.warn({ work: work.name, err: error }, 'collection will try again');
    }
  }

  private async piece(work: Work): Promise<boolean> {
    const { tally } = this.parts;
    const [begin, before] = [performance.now(), tally.steps];
    const hasMore = await work.run();
    const pace = this.orders?.value?.pace;
    if (pace !== undefined && tally.steps > before) {
      const due = ((tally.steps - before) * 1_000) / pace - (performance.now() - begin);
      if (due > 0) await sleep(Math.min(due, LONGEST_PACE_WAIT_MS), this.stopping.signal);
    }
    return hasMore;
  }

  private async mayRun(work: Work): Promise<boolean> {
    const now = performance.now();
    if (this.orders === undefined || now - this.orders.readAt > FRESH_MS) {
      this.orders = { value: await this.readOrders(), readAt: now };
      await this.report(false);
    }
    const { value } = this.orders;
    if (value === undefined) return work.takes !== true;
    return value.pause === undefined && !(work.takes && value.halt);
  }

  /** What cannot be asked counts as halted. */
  private async readOrders(): Promise<Orders | undefined> {
    try {
      return await this.parts.control.check();
    } catch (error) {
      this.parts.logger.warn({ work: 'control', err: error }, 'collection will try again');
      return undefined;
    }
  }

  /** @param now also when the last one was a moment ago. */
  private async report(now: boolean): Promise<void> {
    const at = performance.now();
    if (!now && at - this.reportedAt < FRESH_MS) return;
    this.reportedAt = at;
    const { begun: round, ended: endedRound, work, perSecond } = this;
    const [done, rests] = [this.parts.tally.all(), this.rests.all()];
    await this.parts.collectors
      .report({ round, endedRound, work, perSecond, done, rests })
      .catch((error: unknown) => this.parts.logger.debug({ err: error }, 'a report was not kept'));
  }
}
