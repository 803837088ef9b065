import type { Database } from './database.js';
import type { LockClause } from './row-locks.js';
import type { Transaction } from './transaction.js';

/** What a statement works with. */
export interface Step {
  readonly db: Database;
  readonly transaction: Transaction;
  /** What its text says. */
  readonly lock: LockClause | undefined;
  readonly text: string;
}

/** Rows, or how many were written. */
export type Answer = readonly object[] | number;

/**
 * What one statement of the product does to the tables. It is one step but for the locks that it waits for, as in
 * PostgreSQL; which locks those are its text says.
 */
export type Statement = (step: Step, values: never) => Answer | Promise<Answer>;

/** By the statement's name; of those without one by the words that their text begins with. */
export type Statements = Readonly<Record<string, Statement>>;

export const hex = (bytes: Buffer): string => bytes.toString('hex');
export const bytes = (digest: string): Buffer => Buffer.from(digest, 'hex');

/** Sorted as PostgreSQL sorts one column. */
export function by<T>(column: (row: T) => number | string): (one: T, other: T) => number {
  return (one, other) => {
    const [a, b] = [column(one), column(other)];
    return a < b ? -1 : a > b ? 1 : 0;
  };
}
