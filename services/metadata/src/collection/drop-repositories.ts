import { statement, transaction } from '@lading/database';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { emptyRepository } from './empty-repository.js';
import type { Judgement } from './judgement.js';

/** Milliseconds until a repository is looked at again that was not empty after all that one call may do. */
const AGAIN_MS = 1_000;

/** Durations in milliseconds. */
export interface DropOptions {
  readonly restoreWindowMs: number;
  /** How long a live repository that nothing is in stays for whoever is about to push. */
  readonly leaseMs: number;
}

/**
 * Removes repositories for good, each in steps that a crash may cut anywhere:
 *
 *   deleted and due, or purged: marked, from where no restore brings it back; its project too, if one operation deleted both
 *   its content, some hundred rows a transaction: hidden, expunged, links and sessions and history removed
 *     (empty-repository.ts)
 *   the row, FOR UPDATE SKIP LOCKED: everything in it refers to it, so nothing can be in it that the lock did not wait for;
 *     in a new statement, is it empty? its last event, and it goes
 *
 * A live repository that nothing is in any more goes by the last step alone; whoever pushes to it makes it anew.
 */
export async function dropRepositories(
  pools: RegistryPools,
  ids: readonly number[],
  options: DropOptions,
): Promise<Judgement<number>[]> {
  const judgements: Judgement<number>[] = [];
  for (const id of ids) judgements.push(await dropRepository(pools, id, options));
  return judgements;
}

async function dropRepository(pools: RegistryPools, id: number, options: DropOptions): Promise<Judgement<number>> {
  const begun = await begin(pools, id, options);
  if ('outcome' in begun) return begun;
  if (begun.expunging) await emptyRepository(pools, id, { ...options, purgedBy: begun.purgedBy });
  return transaction(pools.write, (client) => removeRow(client, id, options.leaseMs));
}

interface State {
  project_id: number;
  deleted: boolean;
  expunging: boolean;
  /** Who asked for it before its time. */
  purged_by: string | null;
  delete_operation: string | null;
  due_at: Date;
  due: boolean;
}

/** Whether it may be emptied from now on, or why not. */
async function begin(
  pools: RegistryPools,
  id: number,
  { restoreWindowMs }: DropOptions,
): Promise<{ expunging: boolean; purgedBy?: string } | Judgement<number>> {
  return transaction(pools.write, async (client) => {
    const state = await lockState(client, id, restoreWindowMs);
    if (!state) return { id, outcome: await isThere(client, id) };
    if (!state.deleted) return { expunging: false };
    if (state.expunging) return { expunging: true, purgedBy: state.purged_by ?? undefined };
    if (!state.due) return { id, outcome: 'later', dueAt: state.due_at };
    await mark(client, id, state);
    return { expunging: true };
  });
}

/** Its project first, as for a delete or restore of both. */
async function lockState(client: PoolClient, id: number, restoreWindowMs: number): Promise<State | undefined> {
  await client.query({
    name: 'drop-lock-project',
    text: `SELECT 1 FROM registry.project
           WHERE id = (SELECT project_id FROM registry.repository WHERE id = $1) FOR NO KEY UPDATE`,
    values: [id],
  });
  const { rows } = await client.query<State>({
    name: 'drop-lock-repository',
    text: `SELECT project_id, deleted_at IS NOT NULL AS deleted, expunging, purged_by, delete_operation,
                  deleted_at + $2 * interval '1 millisecond' AS due_at,
                  deleted_at + $2 * interval '1 millisecond' <= clock_timestamp() AS due
           FROM registry.repository WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED`,
    values: [id, restoreWindowMs],
  });
  return rows[0];
}

async function isThere(client: PoolClient, id: number): Promise<'busy' | 'absent'> {
  const { rowCount } = await client.query(statement('SELECT 1 FROM registry.repository WHERE id = $1', [id]));
  return rowCount === 1 ? 'busy' : 'absent';
}

async function mark(client: PoolClient, id: number, { project_id, delete_operation }: State): Promise<void> {
  await client.query({
    name: 'drop-mark',
    text: `WITH project AS (
             UPDATE registry.project SET expunging = true
             WHERE id = $2 AND deleted_at IS NOT NULL AND delete_operation = $3)
           UPDATE registry.repository SET expunging = true WHERE id = $1`,
    values: [id, project_id, delete_operation],
  });
}

interface Row {
  project_id: number;
  full_path: string;
  live: boolean;
}

async function removeRow(client: PoolClient, id: number, leaseMs: number): Promise<Judgement<number>> {
  const locked = await client.query<Row>({
    name: 'drop-lock-row',
    text: `SELECT project_id, full_path, deleted_at IS NULL AS live FROM registry.repository
           WHERE id = $1 AND (deleted_at IS NULL OR expunging) FOR UPDATE SKIP LOCKED`,
    values: [id],
  });
  const [row] = locked.rows;
  if (!row) return { id, outcome: await isThere(client, id) };
  const { rows } = await client.query<{ used: boolean; due_at: Date; due: boolean }>({
    name: 'drop-check',
    text: `SELECT EXISTS (SELECT 1 FROM registry.manifest m WHERE m.repository_id = r.id)
                  OR EXISTS (SELECT 1 FROM registry.blob_link l WHERE l.repository_id = r.id)
                  OR EXISTS (SELECT 1 FROM registry.upload_session s WHERE s.repository_id = r.id) AS used,
                  r.created_at + $2 * interval '1 millisecond' AS due_at,
                  r.created_at + $2 * interval '1 millisecond' <= clock_timestamp() AS due
           FROM registry.repository r WHERE r.id = $1`,
    values: [id, leaseMs],
  });
  const { used, due, due_at: dueAt } = rows[0] as { used: boolean; due_at: Date; due: boolean };
  if (used && row.live) return { id, outcome: 'needed' };
  if (used) return { id, outcome: 'later', dueAt: new Date(Date.now() + AGAIN_MS) };
  if (row.live && !due) return { id, outcome: 'later', dueAt };
  const path = row.full_path;
  const data = { repositoryId: id, projectId: row.project_id, path, principal: 'collector' };
  await appendRepositoryEvents(client, id, [{ type: 'dev.lading.repository.expunged.v1', subject: path, data }], {
    deletedToo: true,
  });
  await client.query(statement('DELETE FROM registry.repository WHERE id = $1', [id]));
  return { id, outcome: 'done' };
}
