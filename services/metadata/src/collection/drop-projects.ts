import { transaction } from '@lading/database';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendProjectEvents } from '../outbox/append-events.js';
import { type Judgement, judge } from './judgement.js';

interface Locked {
  id: number;
  path: string;
}

/**
 * Removes deleted projects for good, once their time is over and their repositories are gone.
 *
 *   rows FOR UPDATE SKIP LOCKED: a restore holds it, and so does whoever makes a repository in it
 *   in a new statement: is a repository in it? then it waits for the last one's event
 *   their last events, and they go
 *
 * @param restoreWindowMs how long what was deleted can be restored (`LADING_RESTORE_WINDOW`).
 */
export async function dropProjects(
  pools: RegistryPools,
  ids: readonly number[],
  { restoreWindowMs }: { restoreWindowMs: number },
): Promise<Judgement<number>[]> {
  return transaction(pools.write, async (client) => {
    const locked = await lock(client, ids);
    const judgements = await judgeLocked(
      client,
      locked.map(({ id }) => id),
      restoreWindowMs,
    );
    for (const { id, path } of locked) {
      if (judgements.get(id)?.outcome !== 'done') continue;
      const data = { projectId: id, path, principal: 'collector' };
      await appendProjectEvents(client, id, [{ type: 'dev.lading.project.expunged.v1', subject: path, data }]);
      await client.query({ name: 'drop-project', text: 'DELETE FROM registry.project WHERE id = $1', values: [id] });
    }
    const others = await explain(
      client,
      ids.filter((id) => !judgements.has(id)),
    );
    return ids.map((id) => judgements.get(id) ?? { id, outcome: others.has(id) ? 'busy' : 'absent' });
  });
}

async function lock(client: PoolClient, ids: readonly number[]): Promise<Locked[]> {
  const { rows } = await client.query<Locked>({
    name: 'drop-lock-projects',
    text: `SELECT id, path FROM registry.project WHERE id = ANY($1::bigint[]) AND deleted_at IS NOT NULL
           ORDER BY id FOR UPDATE SKIP LOCKED`,
    values: [ids],
  });
  return rows;
}

async function judgeLocked(
  client: PoolClient,
  ids: readonly number[],
  restoreWindowMs: number,
): Promise<Map<number, Judgement<number>>> {
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<{ id: number; needed: boolean; due_at: Date | null; now: Date }>({
    name: 'projects-without-repositories',
    text: `SELECT p.id, clock_timestamp() AS now,
                  CASE WHEN NOT p.expunging THEN p.deleted_at + $2 * interval '1 millisecond' END AS due_at,
                  EXISTS (SELECT 1 FROM registry.repository r WHERE r.project_id = p.id) AS needed
           FROM registry.project p WHERE p.id = ANY($1::bigint[])`,
    values: [ids, restoreWindowMs],
  });
  return new Map(rows.map((row) => [row.id, judge(row.id, row, row.now)]));
}

/** Of what was not locked: is it deleted, and held by somebody? */
async function explain(client: PoolClient, ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const { rows } = await client.query<{ id: number }>({
    name: 'drop-busy-projects',
    text: 'SELECT id FROM registry.project WHERE id = ANY($1::bigint[]) AND deleted_at IS NOT NULL',
    values: [ids],
  });
  return new Set(rows.map(({ id }) => id));
}
