import type { SimulatedProcess } from './process.js';
import type { Random } from './random.js';

/** A step that waits for its turn. */
interface Parked {
  readonly process: SimulatedProcess;
  readonly what: string;
  /** Undefined for one that may go on at once. */
  readonly isFree: (() => boolean) | undefined;
  readonly go: () => void;
}

/** Steps that are kept to be printed with a fault. */
const REMEMBERED = 400;

/** Nothing can go on, and something has not ended. */
export class Stuck extends Error {}

/**
 * Decides about the order of everything, by a seed. Every call of a port and every statement is parked here before it takes
 * effect; one of them goes on at a time, up to where it parks again. What has no turn has no effect, so a schedule is all
 * there is to know of a run.
 */
export class Scheduler {
  private parked: Parked[] = [];
  private readonly trace: [SimulatedProcess, string][] = [];
  steps = 0;
  /** Nobody is parked any more: everything goes on as it comes. */
  isCalm = false;

  constructor(private readonly random: Random) {}

  /** Settles when it is this step's turn; never for a process that was killed before. */
  turn(process: SimulatedProcess, what: string, isFree?: () => boolean): Promise<void> {
    if (!process.isAlive) return new Promise(() => {});
    if (this.isCalm) return isFree ? this.untilFree(isFree) : Promise.resolve();
    return new Promise((go) => this.parked.push({ process, what, isFree, go }));
  }

  /** Lets one step go on, until it parks again or ends. @returns false when there is none. */
  async step(): Promise<boolean> {
    let next = this.choose();
    for (let looks = 0; next === undefined && looks < 4; looks += 1) {
      await settled();
      next = this.choose();
    }
    if (next === undefined) return false;
    this.steps += 1;
    this.trace.push([next.process, next.what]);
    if (this.trace.length > 2 * REMEMBERED) this.trace.splice(0, REMEMBERED);
    next.go();
    await settled();
    return true;
  }

  /** What a process was about to do is not done. */
  drop(process: SimulatedProcess): void {
    this.parked = this.parked.filter((each) => each.process !== process);
  }

  /** Everything that waits goes on, and from now on nothing waits. */
  async calm(): Promise<void> {
    this.isCalm = true;
    for (const { go } of this.parked.splice(0)) go();
    await settled();
  }

  /** The same for a while, before anything waits. */
  async calmly(work: () => Promise<void>): Promise<void> {
    this.isCalm = true;
    await work();
    this.isCalm = false;
  }

  get waiting(): string[] {
    return this.parked.map(({ process, what }) => `${process.name}: ${what}`);
  }

  /** The last steps, oldest first. */
  get story(): string[] {
    return this.trace.slice(-REMEMBERED).map(([{ name }, what]) => `${name}: ${what}`);
  }

  /** By weight of the process, among those that may go on. */
  private choose(): Parked | undefined {
    let total = 0;
    const free: Parked[] = [];
    for (const each of this.parked) {
      if (each.isFree && !each.isFree()) continue;
      free.push(each);
      total += each.process.weight;
    }
    if (free.length === 0) return undefined;
    let left = this.random.below(total);
    const chosen = free.find(({ process }) => {
      left -= process.weight;
      return left < 0;
    }) as Parked;
    this.parked.splice(this.parked.indexOf(chosen), 1);
    return chosen;
  }

  private async untilFree(isFree: () => boolean): Promise<void> {
    for (let looks = 0; !isFree(); looks += 1) {
      if (looks > 1_000) throw new Stuck('a lock is never free');
      await settled();
    }
  }
}

/** When everything that can go on has. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
