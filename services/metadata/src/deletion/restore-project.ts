import { transaction } from '@lading/database';
import type { RegistryEvent } from '@lading/events';
import { Conflict, Gone, NameUnknown } from '@lading/oci';
import type { RestoreProjectRequest } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendProjectEvents, appendRepositoryEvents } from '../outbox/append-events.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import type { ProjectChange } from './delete-project.js';
import { orConflict } from './or-conflict.js';

interface Deleted {
  id: number;
  group_id: number;
  delete_operation: string;
  age_ms: number;
  expunging: boolean;
}

/**
 * Undoes the delete of a project, with the repositories that were deleted by that very operation (T3).
 *
 *   the project, deleted: a restore of it, and its removal, take turns
 *   its group FOR KEY SHARE, live
 *   its repositories in order of id; events of each, and the project's own last
 *
 * @param windowMs how long what was deleted can be restored (`LADING_RESTORE_WINDOW`).
 * @throws NameUnknown when no such project is deleted; Gone when its time is over; Conflict when its path is taken or its
 *   group is deleted.
 */
export async function restoreProject(
  pools: RegistryPools,
  request: RestoreProjectRequest,
  windowMs: number,
): Promise<ProjectChange> {
  const { path, principal, operationId: operation } = request;
  return transaction(pools.write, async (client) => {
    if (!(await isFirstTime(client, operation))) return restoredIn(client, path);
    const project = await lockDeletedProject(client, path, request.projectId);
    if (project.expunging || project.age_ms > windowMs) throw new Gone('the time for restoring the project is over');
    await shareGroup(client, project.group_id);
    await show(client, project.id, path);
    const repositories = await showRepositories(client, project);
    for (const { id, full_path } of repositories) {
      const data = { repositoryId: id, projectId: project.id, path: full_path, principal, operation };
      await appendRepositoryEvents(client, id, [
        { type: 'dev.lading.repository.restored.v1', subject: full_path, data },
      ]);
    }
    const event: RegistryEvent = {
      type: 'dev.lading.project.restored.v1',
      subject: path,
      data: { projectId: project.id, path, principal, operation },
    };
    await appendProjectEvents(client, project.id, [event]);
    return { projectId: project.id, repositories: repositories.length };
  });
}

/** Of those that had the path, the one with this id, or the one deleted last. @throws NameUnknown */
export async function lockDeletedProject(client: PoolClient, path: string, id: number | undefined): Promise<Deleted> {
  const { rows } = await client.query<Deleted>({
    name: 'lock-deleted-project',
    text: `SELECT id, group_id, delete_operation, expunging,
                  extract(epoch FROM clock_timestamp() - deleted_at)::float8 * 1000 AS age_ms
           FROM registry.project WHERE path = $1 AND deleted_at IS NOT NULL AND ($2::bigint IS NULL OR id = $2)
           ORDER BY deleted_at DESC LIMIT 1 FOR NO KEY UPDATE`,
    values: [path, id ?? null],
  });
  const [row] = rows;
  if (!row) throw new NameUnknown(`no deleted project had the path ${path}`);
  return row;
}

async function shareGroup(client: PoolClient, groupId: number): Promise<void> {
  const live = await client.query({
    name: 'share-group-to-restore-in',
    text: 'SELECT 1 FROM registry.project_group WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE',
    values: [groupId],
  });
  if (live.rowCount !== 1) throw new Conflict('the group of the project is deleted');
}

/** @throws Conflict when a live project has the path. */
async function show(client: PoolClient, projectId: number, path: string): Promise<void> {
  const write = client.query({
    name: 'restore-project',
    text: `UPDATE registry.project SET deleted_at = NULL, delete_operation = NULL, deleted_by = NULL WHERE id = $1`,
    values: [projectId],
  });
  await orConflict(write, `another project has the path ${path}`, { path });
}

async function showRepositories(
  client: PoolClient,
  { id, delete_operation: operation }: Deleted,
): Promise<{ id: number; full_path: string }[]> {
  const { rows } = await client.query<{ id: number; full_path: string }>({
    name: 'restore-repositories-of-project',
    text: `WITH own AS MATERIALIZED (
             SELECT id FROM registry.repository WHERE project_id = $1 AND delete_operation = $2 AND NOT expunging
             ORDER BY id FOR NO KEY UPDATE),
           shown AS (
             UPDATE registry.repository r SET deleted_at = NULL, delete_operation = NULL, deleted_by = NULL
             FROM own WHERE r.id = own.id RETURNING r.id, r.full_path)
           SELECT id, full_path FROM shown ORDER BY id`,
    values: [id, operation],
  });
  return rows;
}

/** What the first attempt of this very operation restored. */
async function restoredIn(client: PoolClient, path: string): Promise<ProjectChange> {
  const { rows } = await client.query<ProjectChange>({
    name: 'project-live-at',
    text: `SELECT p.id AS "projectId",
                  (SELECT count(*) FROM registry.repository r WHERE r.project_id = p.id AND r.deleted_at IS NULL) AS repositories
           FROM registry.project p WHERE p.path = $1 AND p.deleted_at IS NULL`,
    values: [path],
  });
  const [row] = rows;
  if (!row) throw new NameUnknown(`no project is at ${path}`);
  return row;
}
