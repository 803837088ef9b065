/**
 * What is looked at: an untagged manifest, a deleted one, a link (`<repository id> <digest>`), an object, a repository or project that
 * was deleted or that nothing is in.
 */
export const CANDIDATE_KINDS = ['untagged', 'expunge', 'repository', 'project', 'link', 'object'] as const;
export type CandidateKind = (typeof CANDIDATE_KINDS)[number];

/** One thing that may be due for the collector. A wrong one costs a look. */
export interface Candidate {
  readonly kind: CandidateKind;
  readonly subject: string;
  readonly dueAt: Date;
  /** For people: what happened to it. */
  readonly reason: string;
}
