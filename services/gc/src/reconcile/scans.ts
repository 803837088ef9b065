import { statement, transaction } from '@lading/database';
import type { Pool, PoolClient } from 'pg';
import { CANDIDATE_KINDS, type Candidate, type CandidateKind } from '../candidate/candidate.js';
import { Candidates } from '../candidate/candidates.js';

/** A walk over one kind of row. */
export interface ScanProgress {
  readonly kind: CandidateKind;
  /** Where it is; empty at the begin and the end. */
  readonly after: string;
  readonly begunAt: Date;
  readonly endedAt: Date | null;
  readonly found: number;
}

/** How far each scan of the registry has come, in a table of the collector's own: a scan goes on after a restart. */
export class Scans {
  constructor(private readonly pool: Pool) {}

  /**
   * Runs `page` on the next page of a scan that is under way, or due again, and keeps what it found. The row of the scan is locked
   * meanwhile, so that of several collectors one walks.
   *
   * @param everyMs between the end of a scan and the start of the next.
   * @returns true when the next page is to follow at once: an operator asked for this walk.
   */
  async walk(
    everyMs: number,
    page: (kind: CandidateKind, after: string) => Promise<{ subjects: readonly string[]; next?: string }>,
  ): Promise<boolean> {
    await this.ensure();
    return transaction(this.pool, async (client) => {
      const scan = await lockDue(client, everyMs);
      if (!scan) return false;
      const { subjects, next } = await page(scan.kind, scan.after);
      const dueAt = new Date();
      const candidates = subjects.map((subject): Candidate => ({ kind: scan.kind, subject, dueAt, reason: 'scan' }));
      await Candidates.noteIfNew(client, candidates);
      await keep(client, scan.kind, next, subjects.length);
      return scan.hurried;
    });
  }

  /** Begins every scan now that is not under way, and has all of them walk without a pause. */
  async hurry(): Promise<void> {
    await this.ensure();
    await this.pool.query(
      statement(
        `UPDATE gc.scan SET hurried = true, ended_at = NULL,
           begun_at = CASE WHEN ended_at IS NULL THEN begun_at ELSE clock_timestamp() END`,
      ),
    );
  }

  /** How far each has come. */
  async list(): Promise<ScanProgress[]> {
    const { rows } = await this.pool.query<ScanProgress>(
      statement(`SELECT kind, after, begun_at AS "begunAt", ended_at AS "endedAt", found FROM gc.scan ORDER BY kind`),
    );
    return rows;
  }

  private async ensure(): Promise<void> {
    await this.pool.query(
      statement('INSERT INTO gc.scan (kind) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [CANDIDATE_KINDS]),
    );
  }
}

/** One under way first, then the one that ended first: where all are due all the time, each has its turn. */
async function lockDue(
  client: PoolClient,
  everyMs: number,
): Promise<{ kind: CandidateKind; after: string; hurried: boolean } | undefined> {
  const { rows } = await client.query<{ kind: CandidateKind; after: string; hurried: boolean }>(
    statement(
      `SELECT kind, after, hurried FROM gc.scan
       WHERE ended_at IS NULL OR ended_at < clock_timestamp() - $1 * interval '1 millisecond'
       ORDER BY ended_at NULLS FIRST, kind LIMIT 1 FOR UPDATE SKIP LOCKED`,
      [everyMs],
    ),
  );
  return rows[0];
}

async function keep(client: PoolClient, kind: CandidateKind, next: string | undefined, found: number): Promise<void> {
  await client.query(
    statement(
      `UPDATE gc.scan SET after = coalesce($2, ''), found = CASE WHEN after = '' THEN 0 ELSE found END + $3,
         begun_at = CASE WHEN after = '' THEN clock_timestamp() ELSE begun_at END,
         ended_at = CASE WHEN $2::text IS NULL THEN clock_timestamp() END, hurried = hurried AND $2::text IS NOT NULL
       WHERE kind = $1`,
      [kind, next ?? null, found],
    ),
  );
}
