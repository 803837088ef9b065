import { isFallbackTag, ManifestUnknown, NameUnknown, parseTag, Unsupported } from '@lading/oci';
import type { DeleteManifestRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { changeOf } from '../outbox/change-of.js';
import { beginUnderRules } from '../rule/begin-under-rules.js';
import { underRules } from '../rule/under-rules.js';
import { locateRepository } from '../scope/locate-repository.js';
import { tombstoneManifest } from './tombstone-manifest.js';

/**
 * DELETE of a manifest by digest: it and all its tags are gone from this answer on, and restorable for a time.
 *
 *   the row FOR UPDATE (T1): whoever is about to point at it holds it FOR KEY SHARE
 *   in a new statement: does a live index name it? refused (T12)
 *   tombstone, tags, history, clocks of its children; refused if one of the tags is immutable (T15)
 *   repository version and event last
 *
 * @throws ManifestUnknown when it is not there, unless this very operation deleted it; Unsupported naming the index;
 * Denied naming an immutable tag.
 */
export async function deleteManifest(pools: RegistryPools, request: DeleteManifestRequest): Promise<void> {
  const scope = request.scope as Scope;
  const { project, repository } = await locateRepository(pools.read, scope);
  if (!project || !repository) throw new NameUnknown();
  const digest = toBytes(request.digest);
  await underRules(pools.write, project.id, async (client) => {
    const rules = await beginUnderRules(client, { operationId: request.operationId, projectId: project.id });
    if (!rules) return;
    const manifestId = await lockLiveManifest(client, repository.id, digest);
    if (manifestId === undefined) throw new ManifestUnknown();
    await assertNoParent(client, repository.id, digest, manifestId);
    const deletion = {
      repositoryId: repository.id,
      manifestId,
      operation: request.operationId,
      actor: scope.principal,
    };
    const tags = await tombstoneManifest(client, { ...deletion, reason: 'request' });
    rules.refuseDelete(tags);
    const data = {
      ...changeOf(scope, repository.id),
      digest: request.digest,
      manifestId,
      tags,
      reason: 'request' as const,
      operation: request.operationId,
    };
    await appendRepositoryEvents(client, repository.id, [
      { type: 'dev.lading.manifest.deleted.v1', subject: `${scope.name}@${request.digest}`, data },
    ]);
  });
}

async function lockLiveManifest(client: PoolClient, repositoryId: number, digest: Buffer): Promise<number | undefined> {
  const locked = await client.query<{ id: number }>({
    name: 'lock-manifest-to-delete',
    text: `SELECT id FROM registry.manifest
           WHERE repository_id = $1 AND digest = $2 AND deleted_at IS NULL FOR UPDATE`,
    values: [repositoryId, digest],
  });
  return locked.rows[0]?.id;
}

/**
 * An index whose tags are all referrers fallback tags does not hold its entries: clients rewrite it after the delete.
 *
 * @throws Unsupported that names an index and, where the manifest has tags, says that those can be deleted.
 */
async function assertNoParent(
  client: PoolClient,
  repositoryId: number,
  digest: Buffer,
  manifestId: number,
): Promise<void> {
  const parents = await client.query<{ digest: Buffer; tags: string[]; tagged: boolean }>({
    name: 'live-parents',
    text: `SELECT m.digest, EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = $3) AS tagged,
                  ARRAY(SELECT t.name FROM registry.tag t WHERE t.manifest_id = m.id ORDER BY t.name LIMIT 1000) AS tags
           FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
           WHERE e.repository_id = $1 AND e.digest = $2 AND m.deleted_at IS NULL`,
    values: [repositoryId, digest, manifestId],
  });
  const holder = parents.rows.find(
    (row) => !(row.tags.length > 0 && row.tags.every((tag) => isFallbackTag(parseTag(tag)))),
  );
  if (!holder) return;
  const index = fromBytes(holder.digest);
  const hint = holder.tagged ? '; its tags can be deleted' : '';
  throw new Unsupported(`index ${index} lists this manifest; delete the index first${hint}`, { detail: { index } });
}
