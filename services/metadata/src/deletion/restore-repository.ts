import { transaction } from '@lading/database';
import { Conflict, Gone, NameInvalid, NameUnknown } from '@lading/oci';
import type { RestoreRepositoryRequest } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { assertCreatable, below, leading } from '../scope/name-parts.js';
import type { MetadataSettings } from '../settings.js';
import { orConflict } from './or-conflict.js';

/** A repository and its name now. */
export interface RestoredRepository {
  readonly repositoryId: number;
  readonly name: string;
}

interface Found {
  id: number;
  project_id: number;
  project_path: string;
  full_path: string;
}

interface Locked {
  age_ms: number;
  expunging: boolean;
}

/**
 * Undoes the delete of a repository: one row changes, and everything that was in it is there again, but for what it had lost
 * before (T3).
 *
 *   a plain look: which one? The one deleted last, of several that had the name
 *   its project FOR KEY SHARE, live: a delete of the project takes it FOR UPDATE
 *   the repository: still deleted, not being removed, and within its time
 *   the unique index of live names says whether the name is free
 *
 * @param settings how long what was deleted can be restored (`LADING_RESTORE_WINDOW`), and how deep a name may be
 *   (`LADING_NAME_LEVELS`).
 * @throws NameUnknown when no such repository is deleted; Gone when its time is over; Conflict when the name is taken, or
 *   its project is deleted too; NameInvalid when `as` is not in its project, Denied when it is too deep.
 */
export async function restoreRepository(
  pools: RegistryPools,
  request: RestoreRepositoryRequest,
  { restoreWindowMs, nameLevels }: Pick<MetadataSettings, 'restoreWindowMs' | 'nameLevels'>,
): Promise<RestoredRepository> {
  const { principal, operationId: operation } = request;
  return transaction(pools.write, async (client) => {
    const found = await findDeletedRepository(client, request.name, request.repositoryId);
    if (!(await isFirstTime(client, operation))) return restoredIn(client, request);
    if (!found) throw new NameUnknown(`no deleted repository had the name ${request.name}`);
    await shareProject(client, found);
    const { age_ms: ageMs, expunging } = await lockDeletedRepository(client, found.id);
    if (expunging || ageMs > restoreWindowMs) throw new Gone('the time for restoring the repository is over');
    const name = nameAfter(found, request.as, nameLevels);
    await putBack(client, found, name);
    const data = { repositoryId: found.id, projectId: found.project_id, path: name, principal, operation };
    await appendRepositoryEvents(client, found.id, [
      { type: 'dev.lading.repository.restored.v1', subject: name, data },
    ]);
    return { repositoryId: found.id, name };
  });
}

/** Of those that had the name, the one with this id, or the one deleted last. */
export async function findDeletedRepository(
  client: PoolClient,
  name: string,
  id: number | undefined,
): Promise<Found | undefined> {
  const { rows } = await client.query<Found>({
    name: 'find-deleted-repository',
    text: `SELECT r.id, r.project_id, p.path AS project_path, r.full_path
           FROM registry.repository r JOIN registry.project p ON p.id = r.project_id
           WHERE r.full_path = $1 AND r.deleted_at IS NOT NULL AND ($2::bigint IS NULL OR r.id = $2)
           ORDER BY r.deleted_at DESC LIMIT 1`,
    values: [name, id ?? null],
  });
  return rows[0];
}

async function shareProject(client: PoolClient, { project_id, project_path }: Found): Promise<void> {
  const live = await client.query({
    name: 'share-project-to-restore-in',
    text: 'SELECT 1 FROM registry.project WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE',
    values: [project_id],
  });
  if (live.rowCount !== 1) throw new Conflict(`the project ${project_path} is deleted; restore it first`);
}

/** @throws NameUnknown when somebody restored or removed it meanwhile. */
export async function lockDeletedRepository(client: PoolClient, id: number): Promise<Locked> {
  const { rows } = await client.query<Locked>({
    name: 'lock-deleted-repository',
    text: `SELECT expunging, extract(epoch FROM clock_timestamp() - deleted_at)::float8 * 1000 AS age_ms
           FROM registry.repository WHERE id = $1 AND deleted_at IS NOT NULL FOR NO KEY UPDATE`,
    values: [id],
  });
  const [row] = rows;
  if (!row) throw new NameUnknown('the repository is not deleted');
  return row;
}

/** One that had its name may keep it, however deep names may be by now. */
function nameAfter(
  { project_path: projectPath, full_path: fullPath }: Found,
  as: string | undefined,
  levels: number,
): string {
  if (as === undefined) return fullPath;
  const level = projectPath.split('/').length;
  if (leading(as, level) !== projectPath) throw new NameInvalid(`${as} is not in the project ${projectPath}`);
  assertCreatable({ name: as }, level, levels);
  return as;
}

/** @throws Conflict when a live repository has the name. */
async function putBack(client: PoolClient, { id, project_path: projectPath }: Found, name: string): Promise<void> {
  const write = client.query({
    name: 'restore-repository',
    text: `UPDATE registry.repository
           SET deleted_at = NULL, delete_operation = NULL, deleted_by = NULL, path = $2, full_path = $3 WHERE id = $1`,
    values: [id, below(name, projectPath.split('/').length), name],
  });
  await orConflict(write, `a repository of the name ${name} is there; restore under another name`, { name });
}

/** What the first attempt of this very operation restored. */
async function restoredIn(client: PoolClient, request: RestoreRepositoryRequest): Promise<RestoredRepository> {
  const { rows } = await client.query<RestoredRepository>({
    name: 'repository-live-at',
    text: `SELECT id AS "repositoryId", full_path AS name FROM registry.repository
           WHERE full_path = $1 AND deleted_at IS NULL`,
    values: [request.as ?? request.name],
  });
  const [row] = rows;
  if (!row) throw new NameUnknown();
  return row;
}
