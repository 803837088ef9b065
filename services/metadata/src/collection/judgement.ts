/** What the collector is told of one thing that it asked about. */
export interface Judgement<Id> {
  readonly id: Id;
  /**
   * `done`: as asked. `needed`: something refers to it, and whoever ends that says so in an event. `later`: not before
   * `dueAt`. `busy`: somebody holds the row. `absent`: it is not there, or past this step.
   */
  readonly outcome: 'done' | 'needed' | 'later' | 'busy' | 'absent';
  readonly dueAt?: Date;
}

/** What was found of a row under its lock. */
export interface Finding {
  readonly needed: boolean;
  /** Not before this time; null for at once. */
  readonly due_at: Date | null;
}

/** @param now of the database, when the findings were read. */
export function judge<Id>(id: Id, { needed, due_at: dueAt }: Finding, now: Date): Judgement<Id> {
  if (needed) return { id, outcome: 'needed' };
  if (dueAt !== null && dueAt > now) return { id, outcome: 'later', dueAt };
  return { id, outcome: 'done' };
}

/** Ids of what may be done. */
export function doneOf<Id>(judgements: readonly Judgement<Id>[]): Id[] {
  return judgements.filter(({ outcome }) => outcome === 'done').map(({ id }) => id);
}
