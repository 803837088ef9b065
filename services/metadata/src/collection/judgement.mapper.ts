import { type Judgement as JudgementMessage, Outcome } from '@lading/proto';
import type { Judgement } from './judgement.js';

const OUTCOMES = {
  done: Outcome.OUTCOME_DONE,
  needed: Outcome.OUTCOME_NEEDED,
  later: Outcome.OUTCOME_LATER,
  busy: Outcome.OUTCOME_BUSY,
  absent: Outcome.OUTCOME_ABSENT,
} as const;

/** In the order of the ids; each of them was judged. */
export function toJudgements<Id>(ids: readonly Id[], judgements: readonly Judgement<Id>[]): JudgementMessage[] {
  const byId = new Map(judgements.map((each) => [each.id, each]));
  return ids.map((id) => {
    const { outcome, dueAt } = byId.get(id) as Judgement<Id>;
    return { outcome: OUTCOMES[outcome], dueAtMs: dueAt?.getTime() };
  });
}
