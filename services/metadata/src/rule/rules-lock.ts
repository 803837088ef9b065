import type { PoolClient } from 'pg';

// Who writes tags shares the lock of the project's rules, who changes the rules has it alone: a rule holds for each push
// that is answered after it (T15). It is an advisory lock, for those are given in the order in which they were asked for. A
// row lock is not: while pushes overlap, each shares it with the one before, and a change of rules never gets its turn.
//
// It is taken in a statement before the one that reads the rules, so that this one sees what was committed under the lock.

/** First key of these locks; locks with one key, as those of edges, are apart from those with two. */
const RULES = 15;

/** The second key has 32 bits. Projects that share one wait for each other and no more. */
const KEYS = 2 ** 31;

/** SQL that shares the lock until the transaction ends: what it opens with. */
export function shareRules(projectId: number): string {
  return `SELECT pg_advisory_xact_lock_shared(${RULES}, ${projectId % KEYS})`;
}

/** Waits for all that share the lock, and then keeps others out until the transaction ends. */
export async function lockRules(client: PoolClient, projectId: number): Promise<void> {
  const values = [RULES, projectId % KEYS];
  await client.query({ name: 'lock-project-rules', text: 'SELECT pg_advisory_xact_lock($1, $2)', values });
}
