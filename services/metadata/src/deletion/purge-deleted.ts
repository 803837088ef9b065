import { statement, transaction } from '@lading/database';
import type { EventType } from '@lading/events';
import { Conflict, ManifestUnknown, NameUnknown } from '@lading/oci';
import { DeletedKind, type PurgeDeletedRequest } from '@lading/proto';
import { expungeManifests } from '../collection/expunge-manifests.js';
import type { Judgement } from '../collection/judgement.js';
import { type LinkId, removeLinks } from '../collection/remove-links.js';
import { fromBytes, toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { lockDeletedProject } from './restore-project.js';
import { findDeletedRepository, lockDeletedRepository } from './restore-repository.js';

/** What a purge leaves behind no clock for. */
type Clocks = { readonly restoreWindowMs: number; readonly leaseMs: number };

/**
 * Ends the time for restoring at once (T4): a right of its own.
 *
 * A manifest is expunged here, with the deleted manifests that it alone named and with the links that nothing else in its
 * repository needs; the collector frees the bytes. A repository or project is past the point of no return from here on, and the
 * collector removes it.
 *
 * @returns how many manifests went at once.
 * @throws ManifestUnknown or NameUnknown when nothing of the name is deleted; Conflict when an index still names the
 *   manifest.
 */
export async function purgeDeleted(
  pools: RegistryPools,
  request: PurgeDeletedRequest,
  clocks: Clocks,
): Promise<number> {
  if (request.kind === DeletedKind.DELETED_KIND_MANIFEST) return purgeManifest(pools, request, clocks);
  if (request.kind === DeletedKind.DELETED_KIND_REPOSITORY) return purgeRepository(pools, request);
  if (request.kind === DeletedKind.DELETED_KIND_PROJECT) return purgeProject(pools, request);
  throw new TypeError(`nothing of kind ${request.kind} can be purged`);
}

async function purgeManifest(pools: RegistryPools, request: PurgeDeletedRequest, clocks: Clocks): Promise<number> {
  const { rows } = await pools.write.query<{ id: number; repository_id: number }>(
    statement(
      `SELECT m.id, m.repository_id FROM registry.manifest m JOIN registry.repository r ON r.id = m.repository_id
       WHERE r.full_path = $1 AND r.deleted_at IS NULL AND m.digest = $2 AND m.deleted_at IS NOT NULL`,
      [request.name, toBytes(request.digest ?? '')],
    ),
  );
  const [manifest] = rows;
  if (!manifest) {
    if (await wasDone(pools, request.operationId)) return 0;
    throw new ManifestUnknown('no deleted manifest of this digest is in the repository');
  }
  const named = await namedBelow(pools, manifest.id);
  const options = { ...clocks, purge: { principal: request.principal } };
  const [judgement] = await expungeManifests(pools, [manifest.id], options);
  if (judgement?.outcome === 'needed') throw await heldBy(pools, manifest.repository_id, request.digest as string);
  if (judgement?.outcome === 'busy') throw new Conflict('the manifest is being restored or removed');
  const gone = 1 + (await expungeUntilNone(pools, named.manifestIds, options));
  await removeLinks(pools, named.links, { purge: true });
  await noteDone(pools, request.operationId);
  return gone;
}

/** Deleted manifests that it names, at any depth, and the links that it and they need. */
async function namedBelow(
  pools: RegistryPools,
  manifestId: number,
): Promise<{ manifestIds: number[]; links: LinkId[] }> {
  const { rows } = await pools.write.query<{ id: number; repository_id: number; digest: Buffer | null }>(
    statement(
      `WITH RECURSIVE deleted AS (
         SELECT id, repository_id FROM registry.manifest WHERE id = $1
         UNION
         SELECT c.id, c.repository_id FROM deleted d JOIN registry.manifest_edge e ON e.manifest_id = d.id
         JOIN registry.manifest c ON c.id = e.child_id AND c.deleted_at IS NOT NULL)
       SELECT d.id, d.repository_id, e.digest
       FROM deleted d LEFT JOIN registry.manifest_edge e ON e.manifest_id = d.id AND e.object_id IS NOT NULL`,
      [manifestId],
    ),
  );
  const links = rows.flatMap(({ repository_id: repositoryId, digest }) =>
    digest ? [{ repositoryId, digest: fromBytes(digest) as string }] : [],
  );
  return {
    manifestIds: [...new Set(rows.map(({ id }) => id))].filter((id) => id !== manifestId),
    links: [...new Map(links.map((link) => [link.digest, link])).values()],
  };
}

/** Parents before children: what is still named stays, and goes in the round after its parent, or not at all. */
async function expungeUntilNone(
  pools: RegistryPools,
  ids: readonly number[],
  options: Parameters<typeof expungeManifests>[2],
): Promise<number> {
  let waiting = [...ids];
  let gone = 0;
  while (waiting.length > 0) {
    const judgements: Judgement<number>[] = await expungeManifests(pools, waiting, options);
    const done = new Set(judgements.filter(({ outcome }) => outcome === 'done').map(({ id }) => id));
    if (done.size === 0) break;
    gone += done.size;
    waiting = waiting.filter((id) => !done.has(id));
  }
  return gone;
}

async function heldBy(pools: RegistryPools, repositoryId: number, digest: string): Promise<Conflict> {
  const { rows } = await pools.write.query<{ digest: Buffer }>(
    statement(
      `SELECT m.digest FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
       WHERE e.repository_id = $1 AND e.digest = $2 LIMIT 1`,
      [repositoryId, toBytes(digest)],
    ),
  );
  const index = rows[0] ? fromBytes(rows[0].digest) : undefined;
  return new Conflict(`index ${index ?? ''} names the manifest; delete and purge it first`, { detail: { index } });
}

async function wasDone(pools: RegistryPools, operation: string): Promise<boolean> {
  const { rowCount } = await pools.write.query(
    statement('SELECT 1 FROM registry.finished_operation WHERE id = $1', [operation]),
  );
  return rowCount === 1;
}

async function noteDone(pools: RegistryPools, operation: string): Promise<void> {
  await transaction(pools.write, (client) => isFirstTime(client, operation));
}

async function purgeRepository(pools: RegistryPools, request: PurgeDeletedRequest): Promise<number> {
  const { principal, operationId: operation } = request;
  return transaction(pools.write, async (client) => {
    if (!(await isFirstTime(client, operation))) return 0;
    const found = await findDeletedRepository(client, request.name, request.id);
    if (!found) throw new NameUnknown(`no deleted repository had the name ${request.name}`);
    const { expunging } = await lockDeletedRepository(client, found.id);
    if (expunging) return 0;
    await client.query({
      name: 'purge-repository',
      text: 'UPDATE registry.repository SET expunging = true, purged_by = $2 WHERE id = $1',
      values: [found.id, principal],
    });
    const data = { repositoryId: found.id, projectId: found.project_id, path: found.full_path, principal, operation };
    await appendRepositoryEvents(client, found.id, [{ type: PURGED, subject: found.full_path, data }], {
      deletedToo: true,
    });
    return 0;
  });
}

const PURGED = 'dev.lading.repository.purged.v1' satisfies EventType;

async function purgeProject(pools: RegistryPools, request: PurgeDeletedRequest): Promise<number> {
  const { principal, operationId: operation } = request;
  return transaction(pools.write, async (client) => {
    if (!(await isFirstTime(client, operation))) return 0;
    const project = await lockDeletedProject(client, request.name, request.id);
    const { rows } = await client.query<{ id: number; full_path: string }>({
      name: 'purge-project',
      text: `WITH own AS MATERIALIZED (
               SELECT id FROM registry.repository WHERE project_id = $1 AND deleted_at IS NOT NULL AND NOT expunging
               ORDER BY id FOR NO KEY UPDATE),
             project AS (UPDATE registry.project SET expunging = true WHERE id = $1),
             marked AS (
               UPDATE registry.repository r SET expunging = true, purged_by = $2 FROM own WHERE r.id = own.id RETURNING r.id, r.full_path)
             SELECT id, full_path FROM marked ORDER BY id`,
      values: [project.id, principal],
    });
    for (const { id, full_path: path } of rows) {
      const data = { repositoryId: id, projectId: project.id, path, principal, operation };
      await appendRepositoryEvents(client, id, [{ type: PURGED, subject: path, data }], { deletedToo: true });
    }
    return 0;
  });
}
