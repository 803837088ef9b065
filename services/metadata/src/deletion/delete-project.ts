import type { RegistryEvent } from '@lading/events';
import { NameUnknown } from '@lading/oci';
import type { DeleteProjectRequest } from '@lading/proto';
import type { Pool, PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendProjectEvents, appendRepositoryEvents } from '../outbox/append-events.js';
import { beginUnderRules } from '../rule/begin-under-rules.js';
import { refuseImmutableIn } from '../rule/refuse-immutable.js';
import { underRules } from '../rule/under-rules.js';

/** A project and how many repositories went, or came back, with it. */
export interface ProjectChange {
  readonly projectId: number;
  readonly repositories: number;
}

/**
 * Hides a project with its repositories, which a restore of it brings back; those deleted before stay deleted. Its path is free at
 * once (T9).
 *
 *   the project FOR UPDATE (T1): whoever makes or restores a repository in it holds it FOR KEY SHARE
 *   in a new statement its repositories, in order of id; refused if a tag in them is immutable (T15)
 *   each with its event; all at one moment, so that all are due at one
 *   the project's own event last
 *
 * @throws NameUnknown when there is no such project, unless this very operation deleted it; Denied
 *   naming an immutable tag in it.
 */
export async function deleteProject(pools: RegistryPools, request: DeleteProjectRequest): Promise<ProjectChange> {
  const { path, principal, operationId: operation } = request;
  const projectId = await findProject(pools.read, path);
  if (projectId === undefined) return deletedIn(pools.read, operation, path);
  return underRules(pools.write, projectId, async (client) => {
    const rules = await beginUnderRules(client, { operationId: operation, projectId });
    if (!rules) return deletedIn(client, operation, path);
    await lockProject(client, projectId, path);
    const repositories = await lockRepositories(client, projectId);
    await refuseImmutableIn(
      client,
      repositories.map(({ id }) => id),
      rules,
    );
    for (const { id, full_path } of repositories) {
      const data = { repositoryId: id, projectId, path: full_path, principal, operation };
      await appendRepositoryEvents(client, id, [
        { type: 'dev.lading.repository.deleted.v1', subject: full_path, data },
      ]);
    }
    await hide(client, projectId, operation, principal);
    const event: RegistryEvent = {
      type: 'dev.lading.project.deleted.v1',
      subject: path,
      data: { projectId, path, principal, operation },
    };
    await appendProjectEvents(client, projectId, [event]);
    return { projectId, repositories: repositories.length };
  });
}

async function findProject(read: Pool, path: string): Promise<number | undefined> {
  const { rows } = await read.query<{ id: number }>({
    name: 'find-project-to-delete',
    text: 'SELECT id FROM registry.project WHERE path = $1 AND deleted_at IS NULL',
    values: [path],
  });
  return rows[0]?.id;
}

async function lockProject(client: PoolClient, id: number, path: string): Promise<void> {
  const { rowCount } = await client.query({
    name: 'lock-project-to-delete',
    text: 'SELECT 1 FROM registry.project WHERE id = $1 AND deleted_at IS NULL FOR UPDATE',
    values: [id],
  });
  if (rowCount !== 1) throw new NameUnknown(`no project is at ${path}`);
}

async function lockRepositories(client: PoolClient, projectId: number): Promise<{ id: number; full_path: string }[]> {
  const { rows } = await client.query<{ id: number; full_path: string }>({
    name: 'lock-repositories-to-delete',
    text: `SELECT id, full_path FROM registry.repository WHERE project_id = $1 AND deleted_at IS NULL
           ORDER BY id FOR NO KEY UPDATE`,
    values: [projectId],
  });
  return rows;
}

async function hide(client: PoolClient, projectId: number, operation: string, principal: string): Promise<void> {
  await client.query({
    name: 'delete-project',
    text: `WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at),
                own AS (UPDATE registry.project SET deleted_at = now.at, delete_operation = $2, deleted_by = $3
                        FROM now WHERE id = $1)
           UPDATE registry.repository SET deleted_at = now.at, delete_operation = $2, deleted_by = $3
           FROM now WHERE project_id = $1 AND deleted_at IS NULL`,
    values: [projectId, operation, principal],
  });
}

async function deletedIn(client: Pool | PoolClient, operation: string, path: string): Promise<ProjectChange> {
  const { rows } = await client.query<ProjectChange>({
    name: 'project-deleted-in-operation',
    text: `SELECT p.id AS "projectId",
                  (SELECT count(*) FROM registry.repository r
                   WHERE r.project_id = p.id AND r.delete_operation = p.delete_operation) AS repositories
           FROM registry.project p WHERE p.path = $2 AND p.deleted_at IS NOT NULL AND p.delete_operation = $1`,
    values: [operation, path],
  });
  const [row] = rows;
  if (!row) throw new NameUnknown(`no project is at ${path}`);
  return row;
}
