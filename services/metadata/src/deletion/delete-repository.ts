import { NameUnknown } from '@lading/oci';
import type { DeleteRepositoryRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { beginUnderRules } from '../rule/begin-under-rules.js';
import { refuseImmutableIn } from '../rule/refuse-immutable.js';
import { underRules } from '../rule/under-rules.js';
import { locateRepository } from '../scope/locate-repository.js';

/**
 * Hides a repository with all that is in it: one row changes, whatever it holds. Its content keeps its references, so that a
 * restore finds every byte, until the time for that is over (T2).
 *
 * The event comes first, under the repository's own row lock: whoever changes the repository ends with that row, so it is
 * either before this delete, and restored with it, or it finds no repository and is rolled back (T8).
 *
 * @returns its id.
 * @throws NameUnknown when there is no such repository, unless this very operation deleted it; Denied naming an immutable
 *   tag in it (T15).
 */
export async function deleteRepository(pools: RegistryPools, request: DeleteRepositoryRequest): Promise<number> {
  const { name, principal } = request.scope as Scope;
  const operation = request.operationId;
  const { project } = await locateRepository(pools.read, request.scope as Scope);
  if (!project) throw new NameUnknown();
  return underRules(pools.write, project.id, async (client) => {
    const rules = await beginUnderRules(client, { operationId: operation, projectId: project.id });
    if (!rules) return deletedIn(client, operation, name);
    const { repository } = await locateRepository(client, request.scope as Scope);
    if (!repository?.shown) throw new NameUnknown();
    const data = { repositoryId: repository.id, projectId: project.id, path: name, principal, operation };
    await appendRepositoryEvents(client, repository.id, [
      { type: 'dev.lading.repository.deleted.v1', subject: name, data },
    ]);
    await refuseImmutableIn(client, [repository.id], rules);
    await client.query({
      name: 'delete-repository',
      text: `UPDATE registry.repository
             SET deleted_at = clock_timestamp(), delete_operation = $2, deleted_by = $3 WHERE id = $1`,
      values: [repository.id, operation, principal],
    });
    return repository.id;
  });
}

async function deletedIn(client: PoolClient, operation: string, name: string): Promise<number> {
  const { rows } = await client.query<{ id: number }>({
    name: 'repository-deleted-in-operation',
    text: `SELECT id FROM registry.repository
           WHERE full_path = $2 AND deleted_at IS NOT NULL AND delete_operation = $1`,
    values: [operation, name],
  });
  const [row] = rows;
  if (!row) throw new NameUnknown();
  return row.id;
}
