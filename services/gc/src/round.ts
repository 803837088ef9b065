import type { Logger } from '@lading/platform';
import type { Control } from './control/control.js';

/** One kind of work that `gc` does again and again. */
export interface Work {
  readonly name: string;
  /** Whether it takes something away that may be wanted back: not while collection is halted. */
  readonly takes?: true;
  /** Does a bounded piece. @returns true when there may be more at once. */
  run(): Promise<boolean>;
}

/**
 * Runs work in rounds: everything that is due, then a pause. An error ends the round of that work alone, is logged once,
 * and the next round tries again. While collection is halted, only what takes nothing away goes on. Nothing here is needed
 * for safety: a collector that stands still costs disk space.
 */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly works: readonly Work[],
    private readonly control: Pick<Control, 'check'>,
    private readonly intervalMs: number,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.running = this.round().finally(() => {
      if (this.stopped) return;
      this.timer = setTimeout(() => this.start(), this.intervalMs);
      this.timer.unref();
    });
  }

  /** Ends after the piece of work in hand. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async round(): Promise<void> {
    const halted = await this.isHalted();
    for (const work of this.works) {
      if (work.takes && halted) continue;
      try {
        while (!this.stopped && (await work.run()));
      } catch (error) {
        this.logger.warn({ work: work.name, err: error }, 'collection will try again');
      }
    }
  }

  /** What cannot be asked counts as halted. */
  private async isHalted(): Promise<boolean> {
    try {
      return (await this.control.check()) !== undefined;
    } catch (error) {
      this.logger.warn({ work: 'control', err: error }, 'collection will try again');
      return true;
    }
  }
}
