import { MUTANTS, NONE } from './mutants.js';
import { runSchedule } from './schedule.js';

/** Schedules of one worker: seeds `from`, `from` + 1 and so on, up to the first fault. */
export interface Job {
  /** Of `MUTANTS`; the product as it is where there is none of this name. */
  readonly mutant: string;
  readonly from: number;
  readonly count: number;
}

export interface Result {
  readonly job: Job;
  readonly schedules: number;
  readonly steps: number;
  readonly acknowledged: number;
  /** Statements of the product that were carried out. */
  readonly reached: readonly string[];
  readonly fault?: { readonly seed: number; readonly broken: readonly string[]; readonly story: readonly string[] };
}

async function carryOut(job: Job): Promise<Result> {
  const mutant = MUTANTS.find(({ name }) => name === job.mutant) ?? NONE;
  const sum = { schedules: 0, steps: 0, acknowledged: 0 };
  const reached = new Set<string>();
  for (let seed = job.from; seed < job.from + job.count; seed += 1) {
    const { broken, story, steps, acknowledged, statements } = await runSchedule(seed, mutant);
    sum.schedules += 1;
    sum.steps += steps;
    sum.acknowledged += acknowledged;
    for (const name of statements) reached.add(name);
    if (broken.length > 0) return { job, ...sum, reached: [...reached], fault: { seed, broken, story } };
  }
  return { job, ...sum, reached: [...reached] };
}

/** Does the jobs of `LADING_SIMULATION_JOBS`, and tells of each in a line. */
export async function work(): Promise<void> {
  const jobs: Job[] = JSON.parse(process.env.LADING_SIMULATION_JOBS ?? '[]');
  for (const job of jobs) console.log(JSON.stringify(await carryOut(job)));
  // Timers of what was killed in a schedule may be left.
  process.exit(0);
}
