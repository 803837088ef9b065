import { statement } from '@lading/database';
import type { Pool, PoolClient } from 'pg';
import type { Candidate, CandidateKind } from './candidate.js';

/**
 * Milliseconds after which a candidate comes up again that a collector took and never settled, because it was killed. A call of
 * `metadata` ends sooner; should one not, two collectors ask the same, and the second is told what the first did.
 */
const TAKEN_MS = 30_000;

export interface Taken {
  readonly subject: string;
  /** Of the row when it was taken: it rises with every new note. */
  readonly version: number;
  readonly attempts: number;
}

/** What to do with a candidate that was looked at: forget it, or look again at a time, with what keeps it. */
export type Settlement = Taken & { readonly again?: Date; readonly kept?: 'later' | 'busy' };

/**
 * Candidates, in a table of the collector's own. Several collectors may take from it at once.
 *
 * A new note is never lost: it raises the version and makes the candidate free to be taken, and what was taken is settled
 * only with the version that it had. Of two times the later one counts, since a thing that was let go twice is due after
 * the second.
 */
export class Candidates {
  constructor(private readonly pool: Pool) {}

  /** In the transaction that handles the event. Sorted, so that two notes of the same things do not wait for each other in turn. */
  static async note(client: PoolClient, candidates: readonly Candidate[]): Promise<void> {
    if (candidates.length === 0) return;
    await client.query(
      statement(
        `INSERT INTO gc.candidate AS c (kind, subject, due_at, reason)
         SELECT kind, subject, max(due_at), min(reason)
         FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) AS u(kind, subject, due_at, reason)
         GROUP BY kind, subject ORDER BY kind, subject
         ON CONFLICT (kind, subject) DO UPDATE
         SET due_at = greatest(c.due_at, excluded.due_at), reason = excluded.reason, version = c.version + 1,
             attempts = 0, taken_until = NULL`,
        columnsOf(candidates),
      ),
    );
  }

  /** For one thing that is due at once, whatever was noted of it before: its time was ended. */
  static async noteSooner(client: PoolClient, { kind, subject, dueAt, reason }: Candidate): Promise<void> {
    await client.query(
      statement(
        `INSERT INTO gc.candidate AS c (kind, subject, due_at, reason) VALUES ($1, $2, $3, $4)
         ON CONFLICT (kind, subject) DO UPDATE
         SET due_at = least(c.due_at, excluded.due_at), reason = excluded.reason, version = c.version + 1,
             attempts = 0, taken_until = NULL`,
        [kind, subject, dueAt, reason],
      ),
    );
  }

  /** What is known already keeps its time: whoever noted it knew when it is due. */
  static async noteIfNew(client: PoolClient, candidates: readonly Candidate[]): Promise<void> {
    if (candidates.length === 0) return;
    await client.query(
      statement(
        `INSERT INTO gc.candidate (kind, subject, due_at, reason)
         SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[]) AS u(kind, subject, due_at, reason)
         ORDER BY kind, subject ON CONFLICT (kind, subject) DO NOTHING`,
        columnsOf(candidates),
      ),
    );
  }

  /** Takes what is due, the longest waiting first, and keeps others from it for a while. */
  async take(kind: CandidateKind, limit: number): Promise<Taken[]> {
    const { rows } = await this.pool.query<Taken>(
      statement(
        `UPDATE gc.candidate c
         SET taken_until = clock_timestamp() + $3 * interval '1 millisecond', attempts = c.attempts + 1
         FROM (SELECT kind, subject FROM gc.candidate
               WHERE kind = $1 AND due_at <= clock_timestamp()
                 AND (taken_until IS NULL OR taken_until < clock_timestamp())
               ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED) AS due
         WHERE c.kind = due.kind AND c.subject = due.subject RETURNING c.subject, c.version, c.attempts`,
        [kind, limit, TAKEN_MS],
      ),
    );
    return rows;
  }

  /** What was noted again since it was taken is left as it was noted. */
  async settle(kind: CandidateKind, settlements: readonly Settlement[]): Promise<void> {
    if (settlements.length === 0) return;
    const columns = [
      kind,
      settlements.map(({ subject }) => subject),
      settlements.map(({ version }) => version),
      settlements.map(({ again }) => again ?? null),
      settlements.map(({ kept }) => kept ?? null),
    ];
    await this.pool.query(
      statement(
        `WITH settled AS (
           SELECT * FROM unnest($2::text[], $3::bigint[], $4::timestamptz[], $5::text[]) AS u(subject, version, again, kept)),
         forgotten AS (
           DELETE FROM gc.candidate c USING settled s
           WHERE c.kind = $1 AND c.subject = s.subject AND c.version = s.version AND s.again IS NULL)
         UPDATE gc.candidate c SET due_at = s.again, taken_until = NULL, kept = s.kept, looked_at = clock_timestamp()
         FROM settled s
         WHERE c.kind = $1 AND c.subject = s.subject AND c.version = s.version AND s.again IS NOT NULL`,
        columns,
      ),
    );
  }
}

function columnsOf(candidates: readonly Candidate[]): unknown[] {
  return [
    candidates.map(({ kind }) => kind),
    candidates.map(({ subject }) => subject),
    candidates.map(({ dueAt }) => dueAt),
    candidates.map(({ reason }) => reason),
  ];
}
