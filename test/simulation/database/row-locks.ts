/** Row locks of PostgreSQL, the weakest first. */
const MODES = ['KEY SHARE', 'SHARE', 'NO KEY UPDATE', 'UPDATE'] as const;
export type LockMode = (typeof MODES)[number];

/** What a statement's text says of the rows that it locks. */
export interface LockClause {
  readonly mode: LockMode;
  /** SKIP LOCKED: what somebody else holds is left out, and not waited for. */
  readonly skips: boolean;
}

/** Of two modes, at least so far up the list together: 13.3.2 of PostgreSQL's manual. */
const CONFLICTS: Readonly<Record<LockMode, LockMode>> = {
  'KEY SHARE': 'UPDATE',
  SHARE: 'NO KEY UPDATE',
  'NO KEY UPDATE': 'SHARE',
  UPDATE: 'KEY SHARE',
};

export function doConflict(one: LockMode, other: LockMode): boolean {
  return MODES.indexOf(other) >= MODES.indexOf(CONFLICTS[one]);
}

export function stronger(one: LockMode, other: LockMode | undefined): LockMode {
  return other !== undefined && MODES.indexOf(other) > MODES.indexOf(one) ? other : one;
}

const CLAUSE = /\bFOR (NO KEY UPDATE|KEY SHARE|UPDATE|SHARE)(?: OF \w+(?:, ?\w+)*)?( SKIP LOCKED)?/;

/**
 * The lock that the product's own text asks for, so that the simulation takes another one as soon as the text does.
 * Undefined for a statement that locks nothing beyond what it writes.
 */
export function lockClauseOf(text: string): LockClause | undefined {
  const found = CLAUSE.exec(text);
  return found ? { mode: found[1] as LockMode, skips: found[2] !== undefined } : undefined;
}
