import { ManifestUnknown, NameUnknown } from '@lading/oci';
import type { DeleteTagRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { startUntaggedClocks } from '../manifest/set-tags.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { changeOf } from '../outbox/change-of.js';
import { beginUnderRules } from '../rule/begin-under-rules.js';
import { underRules } from '../rule/under-rules.js';
import { locateRepository } from '../scope/locate-repository.js';

/**
 * DELETE of one tag: the manifest stays, by digest and under its other tags. The row's own lock decides between two
 * deletes and between a delete and a push of the same tag.
 *
 * @throws ManifestUnknown when there is no such tag, unless this very operation deleted it; Denied when it is immutable.
 */
export async function deleteTag(pools: RegistryPools, request: DeleteTagRequest): Promise<void> {
  const scope = request.scope as Scope;
  const { project, repository } = await locateRepository(pools.read, scope);
  if (!project || !repository) throw new NameUnknown();
  await underRules(pools.write, project.id, async (client) => {
    const rules = await beginUnderRules(client, { operationId: request.operationId, projectId: project.id });
    if (!rules) return;
    const removed = await removeTag(client, repository.id, request, scope.principal);
    if (!removed) throw new ManifestUnknown();
    rules.refuseDelete([request.tag]);
    await startUntaggedClocks(client, [removed.manifest_id]);
    const data = {
      ...changeOf(scope, repository.id),
      tag: request.tag,
      digest: fromBytes(removed.digest) as string,
      manifestId: removed.manifest_id,
      operation: request.operationId,
    };
    await appendRepositoryEvents(client, repository.id, [
      { type: 'dev.lading.tag.deleted.v1', subject: `${scope.name}:${request.tag}`, data },
    ]);
  });
}

async function removeTag(client: PoolClient, repositoryId: number, request: DeleteTagRequest, actor: string) {
  const removed = await client.query<{ manifest_id: number }>({
    name: 'delete-tag',
    text: `WITH removed AS (
             DELETE FROM registry.tag WHERE repository_id = $1 AND name = $2 RETURNING manifest_id),
           history AS (
             INSERT INTO registry.tag_history (repository_id, name, from_manifest_id, operation, actor)
             SELECT $1, $2, manifest_id, $3, $4 FROM removed)
           SELECT manifest_id FROM removed`,
    values: [repositoryId, request.tag, request.operationId, actor],
  });
  const manifestId = removed.rows[0]?.manifest_id;
  if (manifestId === undefined) return undefined;
  // A statement of its own: the tag may have moved, while its row was waited for, to a manifest newer than the snapshot.
  const named = await client.query<{ digest: Buffer }>({
    name: 'digest-of-untagged',
    text: 'SELECT digest FROM registry.manifest WHERE id = $1',
    values: [manifestId],
  });
  return { manifest_id: manifestId, digest: (named.rows[0] as { digest: Buffer }).digest };
}
