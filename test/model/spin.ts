import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, run } from '../support/run.js';
import { removeScratch, scratch } from '../support/scratch.js';

/** Programs that a search needs, as `describeWith` takes them. */
export const PROGRAMS = ['/usr/bin/spin', '/usr/bin/gcc'];

export interface Search {
  /** A file of this folder, without `.pml`. */
  readonly model: string;
  /** What `#ifdef` and `#ifndef` in it look for; `NG=3` gives a figure. */
  readonly defines: readonly string[];
  /** Looks for runs that never come to the state that the model's `ltl` asks for, in place of broken assertions. */
  readonly liveness?: boolean;
  /** A fault ends the search soon, so that compiling well would take longest. */
  readonly expectsFault?: boolean;
}

export interface Verdict {
  /** What went wrong, in the words of the searching program; undefined when nothing did. */
  readonly fault?: string;
  readonly states: number;
  readonly seconds: number;
  /** Why the search has not seen everything, apart from a fault; undefined when it has. */
  readonly incomplete?: string;
  /**
   * Lines of the model that no run came to, though no comment on them says `unreached:`. Spin merges steps within an atomic{},
   * and does not tell of one that was merged.
   */
  readonly unreached: readonly string[];
  /** Everything printed, for the message of a failed test. */
  readonly report: string;
}

const FOLDER = import.meta.dirname;

/** Steps that one run may have; a search that needs more says so and counts as incomplete. */
const DEPTH = process.env.LADING_NIGHT ? 20_000_000 : 1_000_000;
const MEGABYTES = process.env.LADING_NIGHT ? 12_000 : 3_000;

/** Of one search; by day the budget of the kind is over sooner. */
export const LIMIT_SECONDS = process.env.LADING_NIGHT ? 3_000 : 250;

/** Translates the model, compiles what comes out, and searches all its states. */
export async function search({ model, defines, liveness = false, expectsFault = false }: Search): Promise<Verdict> {
  const cwd = scratch();
  const started = performance.now();
  try {
    const words = defines.map((word) => `-D${word}`);
    await mustRun(['spin', '-a', ...words, join(FOLDER, `${model}.pml`)], { cwd, env: ENV });
    const kind = liveness ? ['-DNFAIR=3'] : ['-DSAFETY'];
    const options = ['-w', expectsFault ? '-O0' : '-O1', '-DCOLLAPSE', `-DMEMLIM=${MEGABYTES}`, ...kind];
    await mustRun(['gcc', ...options, '-o', 'pan', 'pan.c'], { cwd, env: ENV });
    const flags = [`-m${DEPTH}`, ...(liveness ? ['-a', '-f'] : [])];
    const { report, code } = await run([join(cwd, 'pan'), ...flags], { cwd, env: ENV, seconds: LIMIT_SECONDS });
    return verdictOf(report, code, (performance.now() - started) / 1000);
  } finally {
    removeScratch(cwd);
  }
}

const ENV = { PATH: process.env.PATH ?? '' };

function verdictOf(report: string, code: number, seconds: number): Verdict {
  const errors = /errors: (\d+)/.exec(report)?.[1];
  const fault = /^pan:\d+: (.*?) \(at depth/m.exec(report)?.[1];
  const incomplete = /^.*(?:too small|not completed|out of memory|memory limit|truncated).*$/im.exec(report)?.[0];
  return {
    ...(fault === undefined ? {} : { fault }),
    states: Number(/([\d.]+(?:e\+\d+)?) states, stored/.exec(report)?.[1] ?? 0),
    seconds,
    ...(fault !== undefined || (errors === '0' && code === 0 && incomplete === undefined)
      ? {}
      : { incomplete: incomplete ?? `the search ended with exit code ${code}` }),
    unreached: unreachedIn(report),
    report,
  };
}

/** A process of the model that has no end does not come to it. */
function unreachedIn(report: string): string[] {
  const found = [...report.matchAll(/^\t(\S+\.pml):(\d+), state \d+, "(.*)"$/gm)];
  return found
    .filter(([, , , statement]) => statement !== '-end-')
    .map(([, file, line]) => `${line}: ${readFileSync(file!, 'utf8').split('\n')[Number(line) - 1]!.trim()}`)
    .filter((line) => !line.includes('unreached:'));
}
