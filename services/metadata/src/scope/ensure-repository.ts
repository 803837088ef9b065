import { transaction } from '@lading/database';
import { NameUnknown } from '@lading/oci';
import type { Scope } from '@lading/proto';
import type { Pool, PoolClient } from 'pg';
import { appendProjectEvents } from '../outbox/append-events.js';
import { type Location, locateRepository } from './locate-repository.js';
import { assertCreatable, below, leading } from './name-parts.js';
import { staleGrant } from './stale-grant.js';

/** A repository and the project that it is in. */
export interface Home {
  readonly repositoryId: number;
  readonly projectId: number;
}

function homeOf(project: { id: number }, repository: { id: number }): Home {
  return { repositoryId: repository.id, projectId: project.id };
}

/**
 * The repository of a scope, made if it is not there: a first push makes group, project and repository.
 *
 * Five layers of one image start at once, so every row is made with ON CONFLICT DO NOTHING and read again. A repository
 * row that nothing was pushed to yet is invisible (`shown` is false), so making it early shows nobody anything.
 *
 * @param levels most components below the project, 0 for any.
 * @throws Denied for a name of the wrong form, Unauthorized when the grant does not cover what is there now, NameUnknown when
 *   the collector drops the repository at this moment.
 */
export async function ensureRepository(read: Pool, write: Pool, scope: Scope, levels: number): Promise<Home> {
  const found = await locateRepository(read, scope);
  if (found.project && found.repository) return homeOf(found.project, found.repository);
  return transaction(write, async (client) => {
    const project = found.project ?? (await ensureProject(client, scope, levels));
    assertCreatable(scope, project.level, levels);
    await client.query({
      name: 'make-repository',
      text: `INSERT INTO registry.repository (project_id, path, full_path)
             SELECT id, $2, $3 FROM registry.project WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE
             ON CONFLICT (project_id, path) WHERE deleted_at IS NULL DO NOTHING`,
      values: [project.id, below(scope.name, project.level), scope.name],
    });
    const made = await locateRepository(client, scope);
    // It was there already, and the collector dropped it since.
    if (!made.repository) throw new NameUnknown();
    return homeOf(project, made.repository);
  });
}

/** Makes the project of a name from the longest group plus one component, or the first two components with the group. */
async function ensureProject(
  client: PoolClient,
  scope: Scope,
  levels: number,
): Promise<NonNullable<Location['project']>> {
  const group =
    scope.groupId === undefined ? await ensureGroup(client, scope, levels) : await groupOf(client, scope.groupId);
  const level = group.path.split('/').length + 1;
  assertCreatable(scope, level, levels);
  const path = leading(scope.name, level);
  const made = await client.query<{ id: number }>({
    name: 'make-project',
    text: `INSERT INTO registry.project (group_id, path, created_by)
           SELECT id, $2, $3 FROM registry.project_group WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE
           ON CONFLICT (path) WHERE deleted_at IS NULL DO NOTHING RETURNING id`,
    values: [group.id, path, scope.principal],
  });
  const [project] = made.rows;
  if (project) {
    const data = { projectId: project.id, path, groupId: group.id, groupPath: group.path, principal: scope.principal };
    await appendProjectEvents(client, project.id, [{ type: 'dev.lading.project.created.v1', subject: path, data }]);
  }
  const located = await locateRepository(client, scope);
  // The group that the grant names is gone.
  if (!located.project) throw staleGrant();
  return located.project;
}

async function ensureGroup(client: PoolClient, scope: Scope, levels: number): Promise<{ id: number; path: string }> {
  assertCreatable(scope, 2, levels);
  const path = leading(scope.name, 1);
  await client.query({
    name: 'make-group',
    text: `INSERT INTO registry.project_group (path, created_by) VALUES ($1, $2)
           ON CONFLICT (path) WHERE deleted_at IS NULL DO NOTHING`,
    values: [path, scope.principal],
  });
  const found = await client.query<{ id: number; path: string }>({
    name: 'find-group-by-path',
    text: 'SELECT id, path FROM registry.project_group WHERE path = $1 AND deleted_at IS NULL',
    values: [path],
  });
  return found.rows[0] as { id: number; path: string };
}

async function groupOf(client: PoolClient, id: number): Promise<{ id: number; path: string }> {
  const found = await client.query<{ id: number; path: string }>({
    name: 'find-group',
    text: 'SELECT id, path FROM registry.project_group WHERE id = $1',
    values: [id],
  });
  const [group] = found.rows;
  if (!group) throw new Error(`a grant names group ${id}, which never existed`);
  return group;
}
