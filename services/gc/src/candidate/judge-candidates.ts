import { type Judgement, Outcome } from '@lading/proto';
import type { Tally } from '../collector/tally.js';
import type { Work } from '../round.js';
import type { CandidateKind } from './candidate.js';
import type { Candidates, Settlement, Taken } from './candidates.js';

/** Candidates in one call. */
const BATCH = 500;

/** Milliseconds before a candidate that somebody held is looked at again, times the square of the looks so far. */
const BUSY_MS = 500;
const LONGEST_BUSY_MS = 10 * 60_000;

/** As the tally has them. */
const WORDS: Readonly<Partial<Record<Outcome, string>>> = {
  [Outcome.OUTCOME_DONE]: 'done',
  [Outcome.OUTCOME_NEEDED]: 'needed',
  [Outcome.OUTCOME_LATER]: 'later',
  [Outcome.OUTCOME_BUSY]: 'busy',
  [Outcome.OUTCOME_ABSENT]: 'absent',
};

/**
 * Has `metadata` judge what is due, one kind of candidate. What is done, needed or gone is forgotten: when something that needs it
 * ends, an event makes a new candidate of it.
 */
export class JudgeCandidates implements Work {
  readonly name: string;
  readonly takes = true;

  /** @param ask the judgements of `metadata`, in the order of the subjects. */
  constructor(
    private readonly kind: CandidateKind,
    private readonly candidates: Candidates,
    private readonly tally: Tally,
    private readonly ask: (subjects: readonly string[]) => Promise<Judgement[]>,
  ) {
    this.name = `judge ${kind}`;
  }

  async run(): Promise<boolean> {
    const taken = await this.candidates.take(this.kind, BATCH);
    if (taken.length === 0) return false;
    const judgements = await this.ask(taken.map(({ subject }) => subject));
    await this.candidates.settle(
      this.kind,
      taken.map((each, n) => settlementOf(each, judgements[n] as Judgement)),
    );
    for (const { outcome } of judgements) this.tally.step(`${this.kind} ${WORDS[outcome] ?? 'unknown'}`);
    return taken.length === BATCH;
  }
}

function settlementOf(taken: Taken, { outcome, dueAtMs }: Judgement): Settlement {
  if (outcome === Outcome.OUTCOME_LATER) return { ...taken, again: new Date(dueAtMs as number), kept: 'later' };
  if (outcome !== Outcome.OUTCOME_BUSY) return taken;
  const again = new Date(Date.now() + Math.min(LONGEST_BUSY_MS, taken.attempts ** 2 * BUSY_MS));
  return { ...taken, again, kept: 'busy' };
}
