import { Lane, type Meeting, type Result, type Waiting } from './lane.js';

/** Runs at once; while one waits out a lock timeout the others work. */
const LANES = 10;

/** The lanes of one spec file. */
export class Lanes {
  private constructor(private readonly lanes: readonly Lane[]) {}

  static async open(): Promise<Lanes> {
    return new Lanes(await Promise.all(Array.from({ length: LANES }, () => Lane.open())));
  }

  async close(): Promise<void> {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }

  /** Runs every order of a meeting. */
  async run<Scene>(meeting: Meeting<Scene>, waiting: Waiting): Promise<Result[]> {
    const plans = this.lanes.map((lane) => lane.orders(meeting));
    const queue = [...plans[0]!.keys()];
    const results: Result[] = [];
    const work = async (orders: (typeof plans)[number]) => {
      for (let n = queue.shift(); n !== undefined; n = queue.shift()) results.push(await orders[n]!(waiting));
    };
    await Promise.all(plans.map(work));
    return results;
  }
}

/** How often each pair of ends came up. */
export function ends(results: readonly Result[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const result of results) counts[result.ends] = (counts[result.ends] ?? 0) + 1;
  return counts;
}

/** The orders that broke a rule. */
export function broken(results: readonly Result[]): Result[] {
  return results.filter((result) => result.broken.length > 0);
}
