import { hostname } from 'node:os';
import { statement } from '@lading/database';
import { uuidV7 } from '@lading/platform';
import type { Pool } from 'pg';
import type { Rest } from './rests.js';

/** What a collector says of itself. */
export interface Report {
  /** Rounds begun and ended. */
  readonly round: number;
  readonly endedRound: number;
  /** The work in hand; empty between rounds. */
  readonly work: string;
  /** Steps a second in the last round that did something. */
  readonly perSecond: number;
  readonly done: Readonly<Record<string, number>>;
  readonly rests: readonly Rest[];
}

/** A collector as the others know it. */
export interface KnownCollector extends Report {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: Date;
  readonly seenAt: Date;
}

/** What the collectors say of themselves, in a table of their own. It decides nothing: no collector waits for another. */
export class Collectors {
  /** Of the collector in this process. */
  readonly id = uuidV7();

  constructor(private readonly pool: Pool) {}

  async report({ round, endedRound, work, perSecond, done, rests }: Report): Promise<void> {
    await this.pool.query(
      statement(
        `INSERT INTO gc.collector (id, host, pid, round, ended_round, work, per_second, done, rests)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), round = excluded.round,
           ended_round = excluded.ended_round, work = excluded.work, per_second = excluded.per_second,
           done = excluded.done, rests = excluded.rests`,
        [this.id, hostname(), process.pid, round, endedRound, work, perSecond, done, JSON.stringify(rests)],
      ),
    );
  }

  /** The newest last. Those that were not heard of for a day are forgotten. */
  async list(): Promise<KnownCollector[]> {
    await this.pool.query(statement(`DELETE FROM gc.collector WHERE seen_at < clock_timestamp() - interval '1 day'`));
    const { rows } = await this.pool.query<KnownCollector>(
      statement(
        `SELECT id, host, pid, started_at AS "startedAt", seen_at AS "seenAt", round, ended_round AS "endedRound", work,
                per_second AS "perSecond", done, rests
         FROM gc.collector ORDER BY id`,
      ),
    );
    return rows.map((row) => ({
      ...row,
      rests: row.rests.map((rest) => ({ ...rest, until: new Date(rest.until) })),
    }));
  }

  /** At a stop. */
  async leave(): Promise<void> {
    await this.pool.query(statement('DELETE FROM gc.collector WHERE id = $1', [this.id]));
  }
}
