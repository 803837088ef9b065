/** Milliseconds that a work rests at most. */
const LONGEST_MS = 5 * 60_000;

/** Times the pause between two rounds. */
const MOST_ROUNDS = 10;

export interface Rest {
  readonly work: string;
  readonly error: string;
  /** In a row. */
  readonly failures: number;
  readonly until: Date;
}

/**
 * Works that went wrong rest before their next try: as long as the pause between two rounds, doubling with each failure in a
 * row, to five minutes or ten rounds at most. So a database or a disk that is away is not asked all the time.
 */
export class Rests {
  private readonly byWork = new Map<string, Rest>();

  constructor(
    private readonly intervalMs: number,
    private readonly now: () => number = Date.now,
  ) {}

  isResting(work: string): boolean {
    return (this.byWork.get(work)?.until.getTime() ?? 0) > this.now();
  }

  wentWrong(work: string, error: unknown): void {
    const failures = (this.byWork.get(work)?.failures ?? 0) + 1;
    const longest = Math.max(this.intervalMs, Math.min(LONGEST_MS, MOST_ROUNDS * this.intervalMs));
    const ms = Math.min(longest, this.intervalMs * 2 ** Math.min(failures - 1, 16));
    const text = (error instanceof Error ? error.message : String(error)).slice(0, 500);
    this.byWork.set(work, { work, error: text, failures, until: new Date(this.now() + ms) });
  }

  wentWell(work: string): void {
    this.byWork.delete(work);
  }

  all(): Rest[] {
    return [...this.byWork.values()];
  }
}
