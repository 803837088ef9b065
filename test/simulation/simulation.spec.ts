import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { STATEMENT_NAMES } from './database/statements/index.js';
import { MUTANTS, NONE } from './mutants.js';
import { runSchedule } from './schedule.js';
import { startWorker } from './start-worker.js';
import type { Job, Result } from './worker.js';

const isNight = Boolean(process.env.LADING_NIGHT);
const WANTED = process.env.LADING_SIMULATION_SEED;

/** Where the seeds of this run begin; a seed that is asked for is run alone. */
const SEED = WANTED === undefined ? Math.floor(Math.random() * 2 ** 30) : Number(WANTED);
const SCHEDULES = WANTED !== undefined ? 1 : isNight ? 1_000_000 : 20_000;

/** Processes at work at once. */
const WORKERS = 2;
const IN_ONE_JOB = 2_500;

/** Schedules, always the same ones, in which a mutant has to be caught. */
const FOR_A_MUTANT = 3_000;

const LIMIT_MS = isNight ? 10 * 3_600_000 : 600_000;

/** What failed, and how to see it again. */
function assertWhole({ fault }: Result): void {
  if (!fault) return;
  const { seed, broken, story } = fault;
  const again = `LADING_SIMULATION_SEED=${seed} npm run test:simulation`;
  throw new Error(`seed ${seed}: ${broken.join('; ')}\nagain: ${again}\n${story.join('\n')}`);
}

function jobsFrom(seed: number, count: number): Job[] {
  const starts = Array.from({ length: Math.ceil(count / IN_ONE_JOB) }, (_, n) => n * IN_ONE_JOB);
  return starts.map((at) => ({ mutant: NONE.name, from: seed + at, count: Math.min(IN_ONE_JOB, count - at) }));
}

async function runAll(): Promise<Result[]> {
  const jobs = jobsFrom(SEED, SCHEDULES);
  const shares = Array.from({ length: WORKERS }, (_, worker) => jobs.filter((_job, n) => n % WORKERS === worker));
  const failing = new AbortController();
  try {
    const working = shares
      .filter((share) => share.length > 0)
      .map((share) => startWorker(share, assertWhole, failing.signal));
    return (await Promise.all(working)).flat();
  } finally {
    failing.abort();
  }
}

describe('the simulation', () => {
  it(
    `breaks no rule and leaves nothing over in ${SCHEDULES} schedules (seed ${SEED})`,
    async () => {
      const started = performance.now();
      const results = await runAll();
      const sum = (of: (result: Result) => number) => results.reduce((all, result) => all + of(result), 0);
      const [schedules, steps, acknowledged] = [
        sum((r) => r.schedules),
        sum((r) => r.steps),
        sum((r) => r.acknowledged),
      ];
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stdout.write(
        `simulation: ${schedules} schedules from seed ${SEED}, ${steps} steps, ${acknowledged} pushes, ${seconds} s\n`,
      );
      expect(schedules).toBe(SCHEDULES);
      if (WANTED !== undefined) return;
      // Else it proves less than it says.
      const reached = new Set(results.flatMap((result) => result.reached));
      const missing = STATEMENT_NAMES.filter((name) => !reached.has(name));
      expect(missing.slice(Math.floor(STATEMENT_NAMES.length / 10))).toEqual([]);
      expect(acknowledged).toBeGreaterThan(SCHEDULES / 2);
    },
    LIMIT_MS,
  );

  it('does the same for the same seed', async () => {
    for (let seed = SEED; seed < SEED + 25; seed += 1) {
      const [first, second] = [await runSchedule(seed, NONE, true), await runSchedule(seed, NONE, true)];
      expect(second).toEqual(first);
      expect(first.story.length).toBeGreaterThan(10);
    }
  });
});

describe('the simulation without one rule', () => {
  const caught = new Map<string, Result>();
  beforeAll(async () => {
    const jobs = MUTANTS.map(({ name: mutant }): Job => ({ mutant, from: 1, count: FOR_A_MUTANT }));
    for (const result of await startWorker(jobs)) caught.set(result.job.mutant, result);
  }, LIMIT_MS);

  it('is the table of docs/collection.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/collection.md'), 'utf8');
    const [, section = ''] = page.split('## The simulation');
    const rows = [...section.matchAll(/^\| (.+) \| (.+) \|$/gm)].slice(1).map(([, ...cells]) => cells);
    expect(rows).toEqual(MUTANTS.map(({ name, breaks }) => [name, breaks]));
  });

  it.each(MUTANTS)('$name: is caught', ({ name, breaks }) => {
    const { fault, schedules } = caught.get(name) as Result;
    process.stdout.write(`simulation, ${name}: caught in schedule ${schedules}: ${fault?.broken.join('; ')}\n`);
    expect(fault?.broken).toContain(breaks);
  });
});
