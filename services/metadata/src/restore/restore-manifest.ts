import type { RegistryEvent } from '@lading/events';
import { Conflict, ManifestUnknown, NameUnknown } from '@lading/oci';
import type { RestoreManifestRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import { toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { revivedEvents } from '../manifest/revived-events.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { changeOf } from '../outbox/change-of.js';
import { beginUnderRules } from '../rule/begin-under-rules.js';
import type { TagRules } from '../rule/tag-rules.js';
import { underRules } from '../rule/under-rules.js';
import { locateRepository } from '../scope/locate-repository.js';
import { bringBack } from './bring-back.js';

/**
 * Undoes the delete of a manifest: it is back under its digest, with the deleted manifests that it names, and with the tags that the
 * delete took (T3). A tag that names something else by now is a conflict, and nothing is restored; `withoutTags` restores
 * the manifest alone.
 *
 * @param windowMs how long what was deleted can be restored (`LADING_RESTORE_WINDOW`).
 * @returns the tags that are back, sorted.
 * @throws ManifestUnknown when it is not deleted here; Gone when its time is over; Conflict naming the tags,
 * or Denied naming one that is immutable.
 */
export async function restoreManifest(
  pools: RegistryPools,
  request: RestoreManifestRequest,
  windowMs: number,
): Promise<string[]> {
  const scope = request.scope as Scope;
  const { project, repository } = await locateRepository(pools.read, scope);
  if (!project || !repository) throw new NameUnknown();
  return underRules(pools.write, project.id, async (client) => {
    const rules = await beginUnderRules(client, { operationId: request.operationId, projectId: project.id });
    if (!rules) return tagsOf(client, repository.id, request.operationId);
    const manifestId = await findDeleted(client, repository.id, request.digest);
    const { ids, deletedBy } = await bringBack(client, repository.id, manifestId, windowMs);
    const target = { repositoryId: repository.id, manifestId, operation: request.operationId, actor: scope.principal };
    const tags = request.withoutTags || deletedBy === null ? [] : await putTagsBack(client, target, deletedBy, rules);
    const base = { ...changeOf(scope, repository.id), operation: request.operationId };
    const restored = await revivedEvents(client, base, ids);
    const own = restored.find((event) => event.data.manifestId === manifestId);
    const told = { mediaType: own?.data.mediaType, size: own?.data.size, artifactType: own?.data.artifactType };
    if (own) own.data.tags = tags;
    const tagged = tags.map((tag): RegistryEvent => {
      const data = { ...base, ...told, tag, digest: request.digest, manifestId };
      return { type: 'dev.lading.tag.set.v1', subject: `${scope.name}:${tag}`, data };
    });
    await appendRepositoryEvents(client, repository.id, [...restored, ...tagged]);
    return tags;
  });
}

async function findDeleted(client: PoolClient, repositoryId: number, digest: string): Promise<number> {
  const { rows } = await client.query<{ id: number }>({
    name: 'find-deleted',
    text: `SELECT id FROM registry.manifest WHERE repository_id = $1 AND digest = $2 AND deleted_at IS NOT NULL`,
    values: [repositoryId, toBytes(digest)],
  });
  const [row] = rows;
  if (!row) throw new ManifestUnknown('no deleted manifest of this digest is in the repository');
  return row.id;
}

/** @throws Denied when a name that is taken is immutable (T15), else Conflict with the names that are taken. */
async function putTagsBack(
  client: PoolClient,
  target: { repositoryId: number; manifestId: number; operation: string; actor: string },
  deletedBy: string,
  rules: TagRules,
): Promise<string[]> {
  const lost = await client.query<{ name: string }>({
    name: 'tags-lost-in-operation',
    text: `SELECT name FROM registry.tag_history
           WHERE repository_id = $1 AND operation = $2 AND from_manifest_id = $3 AND to_manifest_id IS NULL ORDER BY name`,
    values: [target.repositoryId, deletedBy, target.manifestId],
  });
  const names = lost.rows.map((row) => row.name);
  if (names.length === 0) return [];
  const back = await client.query<{ name: string }>({
    name: 'put-tags-back',
    text: `WITH back AS (
             INSERT INTO registry.tag (repository_id, name, manifest_id)
             SELECT $1, name, $2 FROM unnest($3::text[]) AS name ORDER BY name
             ON CONFLICT (repository_id, name) DO NOTHING RETURNING name),
           history AS (
             INSERT INTO registry.tag_history (repository_id, name, to_manifest_id, operation, actor)
             SELECT $1, name, $2, $4, $5 FROM back),
           named AS (
             UPDATE registry.manifest SET untagged_at = NULL WHERE id = $2)
           SELECT name FROM back`,
    values: [target.repositoryId, target.manifestId, names, target.operation, target.actor],
  });
  const found = new Set(back.rows.map((row) => row.name));
  const taken = names.filter((name) => !found.has(name));
  rules.refuseMove(rules.immutableOf(taken));
  if (taken.length > 0)
    throw new Conflict('tags of the manifest name something else by now', { detail: { tags: taken } });
  return names;
}

/** What the first attempt of this very operation restored. */
async function tagsOf(client: PoolClient, repositoryId: number, operation: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>({
    name: 'tags-of-operation',
    text: `SELECT name FROM registry.tag_history
           WHERE repository_id = $1 AND operation = $2 AND to_manifest_id IS NOT NULL ORDER BY name`,
    values: [repositoryId, operation],
  });
  return rows.map((row) => row.name);
}
