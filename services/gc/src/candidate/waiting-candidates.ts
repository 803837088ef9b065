import { statement } from '@lading/database';
import type { Pool } from 'pg';
import type { CandidateKind } from './candidate.js';

/** How many of one kind wait. */
export interface CandidateCount {
  readonly kind: CandidateKind;
  readonly waiting: number;
  /** Of those waiting. */
  readonly due: number;
  readonly oldestDueAt: Date | null;
  readonly nextDueAt: Date | null;
}

/** A candidate as a person sees it. */
export interface WaitingCandidate {
  readonly kind: CandidateKind;
  readonly subject: string;
  readonly dueAt: Date;
  readonly reason: string;
  /** What the last look said; null before the first. */
  readonly kept: string | null;
  readonly lookedAt: Date | null;
  readonly looks: number;
  readonly repositoryId: number | null;
  readonly digest: string | null;
}

interface Row extends WaitingCandidate {
  /** Microseconds since 1970, which a `Date` cannot hold. */
  readonly place: string;
}

/** Digest and repository of a manifest are known from its events, a link has them in its subject; one look-up a row. */
const DESCRIBED = `
  SELECT c.kind, c.subject, c.due_at AS "dueAt", c.reason, c.kept, c.looked_at AS "lookedAt", c.attempts AS looks,
         (extract(epoch FROM c.due_at) * 1000000)::bigint::text AS place,
         CASE WHEN c.kind = 'link' THEN split_part(c.subject, ' ', 1)::bigint ELSE m.repository_id END AS "repositoryId",
         CASE c.kind WHEN 'link' THEN split_part(c.subject, ' ', 2)
                     WHEN 'object' THEN (SELECT r.digest FROM gc.reference r WHERE r.object_id = c.subject::uuid LIMIT 1)
                     ELSE m.digest END AS digest
  FROM gc.candidate c
  LEFT JOIN gc.manifest m ON m.id = CASE WHEN c.kind IN ('untagged', 'expunge') THEN c.subject::bigint END`;

/** What waits and why, for people. Plain reads. */
export class WaitingCandidates {
  constructor(private readonly pool: Pool) {}

  /** Reads all candidates, some 5 million a second; they are what is let go and not yet collected, not what is stored. */
  async count(): Promise<CandidateCount[]> {
    const { rows } = await this.pool.query<CandidateCount>(
      statement(
        `SELECT k.kind, count(c.*) AS waiting, count(*) FILTER (WHERE c.due_at <= t.now) AS due,
                min(c.due_at) FILTER (WHERE c.due_at <= t.now) AS "oldestDueAt",
                min(c.due_at) FILTER (WHERE c.due_at > t.now) AS "nextDueAt"
         FROM unnest(ARRAY['untagged', 'expunge', 'repository', 'project', 'link', 'object']) WITH ORDINALITY AS k(kind, place)
         CROSS JOIN (SELECT clock_timestamp() AS now) AS t
         LEFT JOIN gc.candidate c ON c.kind = k.kind
         GROUP BY k.kind, k.place ORDER BY k.place`,
      ),
    );
    return rows;
  }

  /**
   * One page in the order in which they are due.
   *
   * @param after `next` of the page before; empty for the first.
   */
  async list(
    kind: CandidateKind,
    after: string,
    limit: number,
  ): Promise<{ candidates: WaitingCandidate[]; next?: string }> {
    const [, place, subject] = /^(-?\d{1,18}) (.*)$/.exec(after) ?? ['', '-62135596800000000', ''];
    const { rows } = await this.pool.query<Row>(
      statement(
        `${DESCRIBED}
         WHERE c.kind = $1
           AND (c.due_at, c.subject) > (timestamptz 'epoch' + $2::bigint * interval '1 microsecond', $3::text)
         ORDER BY c.due_at, c.subject LIMIT $4`,
        [kind, place, subject, limit],
      ),
    );
    const last = rows.at(-1);
    return { candidates: rows, ...(last && rows.length === limit && { next: `${last.place} ${last.subject}` }) };
  }

  /** Those of some subjects, whatever their kind. */
  async find(subjects: readonly string[]): Promise<WaitingCandidate[]> {
    const { rows } = await this.pool.query<WaitingCandidate>(
      statement(
        `${DESCRIBED} WHERE c.kind IN ('link', 'object') AND c.subject = ANY($1::text[]) ORDER BY c.due_at LIMIT 1000`,
        [subjects],
      ),
    );
    return rows;
  }
}
