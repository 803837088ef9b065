import type { RegistryEvent } from '@lading/events';
import { Conflict, Gone, ManifestUnknown, NameUnknown } from '@lading/oci';
import type { RestoreTagRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { revivedEvents } from '../manifest/revived-events.js';
import { startUntaggedClocks } from '../manifest/set-tags.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { changeOf } from '../outbox/change-of.js';
import { bringBack, RestoreMoved } from '../restore/bring-back.js';
import { beginUnderRules } from '../rule/begin-under-rules.js';
import { underRules } from '../rule/under-rules.js';
import { locateRepository } from '../scope/locate-repository.js';

/** What an operation did to a tag, and the manifest that it named before. */
/** The manifest that the tag named. */
interface Named {
  media_type: string;
  size: number;
  artifact_type: string | null;
}

/** The same, as the tag's event tells it. */
interface Told {
  mediaType: string;
  size: number;
  artifactType: string | undefined;
}

interface Change {
  from_manifest_id: number;
  to_manifest_id: number | null;
  age_ms: number;
  digest: Buffer | null;
}

/** Where a tag is put back, and by whom. */
interface Target {
  readonly repositoryId: number;
  readonly name: string;
  readonly operation: string;
  readonly actor: string;
}

/**
 * Puts a tag back on the manifest that it named before an operation deleted or moved it, with that manifest if it was deleted
 * (T3). The write itself decides: a deleted tag comes back only where the name is free, a moved one only if it still
 * names what that operation set it to.
 *
 * @param windowMs how long what was deleted can be restored (`LADING_RESTORE_WINDOW`).
 * @returns the digest that the tag names.
 * @throws ManifestUnknown when the tag was not changed here; Gone when the time is over or the manifest is no more;
 *   Conflict when the name was set since; Denied when it is immutable and would move (T15).
 */
export async function restoreTag(pools: RegistryPools, request: RestoreTagRequest, windowMs: number): Promise<string> {
  const scope = request.scope as Scope;
  const { project, repository } = await locateRepository(pools.read, scope);
  if (!project || !repository) throw new NameUnknown();
  const operation = request.operationId;
  return underRules(pools.write, project.id, async (client) => {
    const target: Target = {
      repositoryId: repository.id,
      name: request.as ?? request.tag,
      operation,
      actor: scope.principal,
    };
    const rules = await beginUnderRules(client, { operationId: operation, projectId: project.id });
    if (!rules) return restoredIn(client, target);
    const { change, digest, told } = await findChange(client, repository.id, request, windowMs);
    if (change.to_manifest_id !== null && !request.as) rules.refuseMove(rules.immutableOf([request.tag]));
    const base = { ...changeOf(scope, repository.id), operation };
    const revived = await holdManifest(client, repository.id, change.from_manifest_id, windowMs);
    await putBack(client, target, request.as === undefined ? change : { ...change, to_manifest_id: null });
    const data = {
      ...base,
      tag: target.name,
      digest,
      manifestId: change.from_manifest_id,
      ...told,
      ...(change.to_manifest_id !== null && !request.as ? { previousManifestId: change.to_manifest_id } : {}),
    };
    const tagged: RegistryEvent = {
      type: 'dev.lading.tag.set.v1',
      subject: `${scope.name}:${target.name}`,
      data,
    };
    const back = await revivedEvents(client, base, revived);
    const own = back.find((event) => event.data.manifestId === change.from_manifest_id);
    if (own) own.data.tags = [target.name];
    const events = [...back, tagged];
    await appendRepositoryEvents(client, repository.id, events);
    return digest;
  });
}

async function findChange(
  client: PoolClient,
  repositoryId: number,
  { tag, operation }: RestoreTagRequest,
  windowMs: number,
): Promise<{ change: Change; digest: string; told: Told }> {
  const { rows } = await client.query<Change & Named>({
    name: 'find-tag-change',
    text: `SELECT h.from_manifest_id, h.to_manifest_id, m.digest, m.media_type, m.size, m.artifact_type,
                  extract(epoch FROM clock_timestamp() - h.at)::float8 * 1000 AS age_ms
           FROM registry.tag_history h LEFT JOIN registry.manifest m ON m.id = h.from_manifest_id
           WHERE h.repository_id = $1 AND h.name = $2 AND h.from_manifest_id IS NOT NULL
             AND h.to_manifest_id IS DISTINCT FROM h.from_manifest_id AND ($3::uuid IS NULL OR h.operation = $3)
           ORDER BY h.id DESC LIMIT 1`,
    values: [repositoryId, tag, operation ?? null],
  });
  const [change] = rows;
  if (!change) throw new ManifestUnknown(`the tag ${tag} was not deleted or moved here`);
  if (change.age_ms > windowMs || change.digest === null)
    throw new Gone('the time for restoring the tag is over', { detail: { tag } });
  const { media_type: mediaType, size, artifact_type } = change;
  return {
    change,
    digest: fromBytes(change.digest),
    told: { mediaType, size, artifactType: artifact_type ?? undefined },
  };
}

/**
 * The manifest as a push of its tag would hold it, before the tag, because its clock is written; brought back first when it is
 * deleted.
 *
 * @returns ids of what came back.
 */
async function holdManifest(
  client: PoolClient,
  repositoryId: number,
  manifestId: number,
  windowMs: number,
): Promise<readonly number[]> {
  const live = await client.query({
    name: 'lock-manifest-to-tag',
    text: 'SELECT 1 FROM registry.manifest WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE',
    values: [manifestId],
  });
  if (live.rowCount === 1) return [];
  try {
    return (await bringBack(client, repositoryId, manifestId, windowMs)).ids;
  } catch (error) {
    // Somebody else brought it back, or expunged it, between the two looks.
    if (error instanceof ManifestUnknown) throw new RestoreMoved();
    throw error;
  }
}

async function putBack(client: PoolClient, target: Target, change: Change): Promise<void> {
  const written =
    change.to_manifest_id === null ? await insert(client, target, change) : await move(client, target, change);
  if (!written) throw new Conflict(`the tag ${target.name} was set since`, { detail: { tags: [target.name] } });
  await client.query({
    name: 'note-tag-restored',
    text: `WITH history AS (
             INSERT INTO registry.tag_history (repository_id, name, from_manifest_id, to_manifest_id, operation, actor)
             VALUES ($1, $2, $3, $4, $5, $6))
           UPDATE registry.manifest SET untagged_at = NULL WHERE id = $4`,
    values: [
      target.repositoryId,
      target.name,
      change.to_manifest_id,
      change.from_manifest_id,
      target.operation,
      target.actor,
    ],
  });
  if (change.to_manifest_id !== null) await startUntaggedClocks(client, [change.to_manifest_id]);
}

async function insert(client: PoolClient, target: Target, change: Change): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'put-tag-back',
    text: `INSERT INTO registry.tag (repository_id, name, manifest_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
    values: [target.repositoryId, target.name, change.from_manifest_id],
  });
  return rowCount === 1;
}

async function move(client: PoolClient, target: Target, change: Change): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'move-tag-back',
    text: `UPDATE registry.tag SET manifest_id = $3, previous_manifest_id = $4, set_at = clock_timestamp()
           WHERE repository_id = $1 AND name = $2 AND manifest_id = $4`,
    values: [target.repositoryId, target.name, change.from_manifest_id, change.to_manifest_id],
  });
  return rowCount === 1;
}

/** What the first attempt of this very operation set the tag to. */
async function restoredIn(client: PoolClient, { repositoryId, name, operation }: Target): Promise<string> {
  const { rows } = await client.query<{ digest: Buffer }>({
    name: 'tag-restored-in-operation',
    text: `SELECT m.digest FROM registry.tag_history h JOIN registry.manifest m ON m.id = h.to_manifest_id
           WHERE h.repository_id = $1 AND h.name = $2 AND h.operation = $3`,
    values: [repositoryId, name, operation],
  });
  const [row] = rows;
  if (!row) throw new ManifestUnknown();
  return fromBytes(row.digest);
}
