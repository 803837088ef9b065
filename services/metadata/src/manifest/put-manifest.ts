import { transaction } from '@lading/database';
import type { RegistryEvent } from '@lading/events';
import type { PutManifestRequest, Scope } from '@lading/proto';
import type { PoolClient } from 'pg';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import { edgeLocks } from '../database/edge-lock.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents, assertRepositoryLive } from '../outbox/append-events.js';
import { type Change, changeOf } from '../outbox/change-of.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { beginUnderRules } from '../rule/begin-under-rules.js';
import { shareRules } from '../rule/rules-lock.js';
import { TagRules } from '../rule/tag-rules.js';
import type { Home } from '../scope/ensure-repository.js';
import { type ResolvedReferences, resolveEdges } from './resolve-edges.js';
import { revivedEvents } from './revived-events.js';
import { type MovedTag, setTags } from './set-tags.js';
import { type StoredManifest, storeManifest } from './store-manifest.js';

/**
 * PUT of a manifest: its row, everything it points at, its tags and the events, in one transaction.
 *
 *   advisory locks: the project's rules, if it has tags (T15); its own digest, its subject's, and edges that may lack a
 *     target (T12)
 *   objects, links, manifests it names or that name it, FOR KEY SHARE, sorted (resolve-edges.ts)
 *   the row: new, or revived under its old id (store-manifest.ts)
 *   edges and clocks of others that waited for this manifest
 *   tags (set-tags.ts); repository version and events last (T8)
 *
 * The same operation sent again changes nothing: what was deleted or pushed in between stays as it is.
 *
 * @throws ManifestBlobUnknown with each missing digest, Denied for an immutable tag that names another manifest, NameUnknown when the repository was deleted meanwhile.
 */
export async function putManifest(
  pools: RegistryPools,
  { repositoryId, projectId }: Home,
  request: PutManifestRequest,
): Promise<number> {
  const own = toBytes(request.digest);
  const subject = request.subject === undefined ? undefined : toBytes(request.subject);
  const optional = request.edges.filter((edge) => !edge.required).map((edge) => toBytes(edge.digest));
  const put = async (client: PoolClient): Promise<number> => {
    const rules = await begin(client, projectId, request);
    if (!rules) return knownId(client, repositoryId, own);
    const references = await resolveEdges(client, repositoryId, { own, edges: request.edges, subject });
    const stored = await storeManifest(client, repositoryId, own, request, references);
    await settleNeighbours(client, repositoryId, own, stored, references);
    const scope = request.scope as Scope;
    const target = {
      repositoryId,
      manifestId: stored.id,
      tags: request.tags,
      operation: request.operationId,
      actor: scope.principal,
    };
    const moved = await setTags(client, target, rules);
    const base = { ...changeOf(scope, repositoryId), operation: request.operationId };
    const revived = await revivedEvents(client, base, references.revivedIds);
    const events = [...revived, ...eventsOf(request, base, stored, references, moved)];
    if (events.length > 0) await appendRepositoryEvents(client, repositoryId, events, { show: true });
    else await assertRepositoryLive(client, repositoryId);
    return stored.id;
  };
  const edges = edgeLocks(repositoryId, [own, ...optional, ...(subject ? [subject] : [])]);
  const opening = request.tags.length > 0 ? `${shareRules(projectId)}; ${edges}` : edges;
  return transaction(pools.write, put, { opening });
}

/** Without a tag there is nothing that rules could refuse. @returns undefined when this operation was carried out before. */
async function begin(client: PoolClient, projectId: number, request: PutManifestRequest) {
  const { operationId, tags } = request;
  if (tags.length > 0) return beginUnderRules(client, { operationId, projectId });
  return (await isFirstTime(client, operationId)) ? new TagRules([]) : undefined;
}

/** 0 for a manifest that was expunged since: nobody can ask for it any more. */
async function knownId(client: PoolClient, repositoryId: number, digest: Buffer): Promise<number> {
  const found = await client.query<{ id: number }>({
    name: 'known-manifest-id',
    text: 'SELECT id FROM registry.manifest WHERE repository_id = $1 AND digest = $2',
    values: [repositoryId, digest],
  });
  return found.rows[0]?.id ?? 0;
}

/**
 * What the arrival of a manifest means for others: indexes that named its digest before it was there get their child,
 * referrers pushed ahead learn that their subject exists, and its own children have a parent now.
 */
async function settleNeighbours(
  client: PoolClient,
  repositoryId: number,
  own: Buffer,
  stored: StoredManifest,
  { edges }: ResolvedReferences,
): Promise<void> {
  if (stored.outcome === 'unchanged') return;
  await client.query({
    name: 'manifest-arrived',
    text: `WITH parents AS (
             UPDATE registry.manifest_edge SET child_id = $3
             WHERE repository_id = $1 AND digest = $2 AND child_id IS NULL AND object_id IS NULL)
           UPDATE registry.manifest SET subject_seen = true
           WHERE repository_id = $1 AND subject = $2 AND NOT subject_seen`,
    values: [repositoryId, own, stored.id],
  });
  const children = edges.map((edge) => edge.childId).filter((id) => id !== null);
  if (children.length > 0) await stopUntaggedClocks(client, children);
}

/** Sorted, because two indexes may share children. KEY SHARE locks of other pushes do not conflict. */
async function stopUntaggedClocks(client: PoolClient, manifestIds: readonly number[]): Promise<void> {
  await client.query({
    name: 'stop-untagged-clocks',
    text: `UPDATE registry.manifest SET untagged_at = NULL
           WHERE id IN (SELECT id FROM registry.manifest WHERE id = ANY($1::bigint[]) AND untagged_at IS NOT NULL
                        ORDER BY id FOR NO KEY UPDATE)`,
    values: [manifestIds],
  });
}

function eventsOf(
  request: PutManifestRequest,
  base: Change & { operation: string },
  stored: StoredManifest,
  references: ResolvedReferences,
  moved: readonly MovedTag[],
): RegistryEvent[] {
  const { digest, mediaType, body, artifactType } = request;
  const manifest = { digest, manifestId: stored.id, mediaType, size: body.length, artifactType };
  const tagged = moved.map((tag): RegistryEvent => {
    const previousManifestId = tag.previousManifestId ?? undefined;
    const data = { ...base, ...manifest, tag: tag.name, previousManifestId };
    return { type: 'dev.lading.tag.set.v1', subject: `${base.path}:${tag.name}`, data };
  });
  if (stored.outcome === 'unchanged') return tagged;
  const pushed = {
    ...base,
    ...manifest,
    subject: request.subject,
    revived: stored.outcome === 'revived',
    edges: references.edges.map((edge) => ({
      digest: fromBytes(edge.digest) as string,
      objectId: edge.objectId ?? undefined,
      manifestId: edge.childId ?? undefined,
    })),
    tags: moved.map(({ name }) => name),
  };
  return [{ type: 'dev.lading.manifest.pushed.v1', subject: `${base.path}@${digest}`, data: pushed }, ...tagged];
}
