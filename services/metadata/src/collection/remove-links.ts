import { transaction } from '@lading/database';
import type { PoolClient } from 'pg';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';

interface Link {
  repository_id: number;
  digest: Buffer;
  object_id: string;
}

/**
 * Removes a repository's links that nothing needs: the lease is over and no live or deleted manifest of that
 * repository names the blob (T6).
 *
 *   links FOR UPDATE SKIP LOCKED: a link that a push, a mount or a DELETE holds is in use
 *   in a new statement, which of them are named? edges are looked at by (repository, digest), because an edge may
 *     lack an object id (T12)
 *   the others are deleted; repository versions and events last, repositories in order of id
 *
 * One statement for lock and check together would judge by a snapshot older than the lock, and delete a link that a
 * manifest began to need while the lock was waited for.
 *
 * @returns how many links went.
 */
export async function removeLinks(pools: RegistryPools, limit: number): Promise<number> {
  return transaction(pools.write, async (client) => {
    const locked = await lockLapsedLinks(client, limit);
    const unneeded = await withoutManifests(client, locked);
    await deleteLinks(client, unneeded);
    await announce(client, unneeded);
    return unneeded.length;
  });
}

async function lockLapsedLinks(client: PoolClient, limit: number): Promise<Link[]> {
  const locked = await client.query<Link>({
    name: 'lock-lapsed-links',
    text: `SELECT repository_id, digest, object_id FROM registry.blob_link
           WHERE lease_until < clock_timestamp()
           ORDER BY lease_until, repository_id, digest LIMIT $1 FOR UPDATE SKIP LOCKED`,
    values: [limit],
  });
  return locked.rows;
}

/** A statement of its own, with a snapshot taken after the locks. */
async function withoutManifests(client: PoolClient, links: readonly Link[]): Promise<Link[]> {
  if (links.length === 0) return [];
  const free = await client.query<Link>({
    name: 'links-without-manifests',
    text: `SELECT u.repository_id, u.digest, u.object_id
           FROM unnest($1::bigint[], $2::bytea[], $3::uuid[]) AS u(repository_id, digest, object_id)
           WHERE NOT EXISTS (SELECT 1 FROM registry.manifest_edge e
                             WHERE e.repository_id = u.repository_id AND e.digest = u.digest)`,
    values: [links.map((l) => l.repository_id), links.map((l) => l.digest), links.map((l) => l.object_id)],
  });
  return free.rows;
}

async function deleteLinks(client: PoolClient, links: readonly Link[]): Promise<void> {
  if (links.length === 0) return;
  await client.query({
    name: 'delete-links',
    text: `DELETE FROM registry.blob_link l USING unnest($1::bigint[], $2::bytea[]) AS u(repository_id, digest)
           WHERE l.repository_id = u.repository_id AND l.digest = u.digest`,
    values: [links.map((l) => l.repository_id), links.map((l) => l.digest)],
  });
}

async function announce(client: PoolClient, links: readonly Link[]): Promise<void> {
  const ids = [...new Set(links.map((link) => link.repository_id))].sort((a, b) => a - b);
  for (const repositoryId of ids) {
    const path = await pathOf(client, repositoryId);
    if (path === undefined) continue;
    const events = links
      .filter((link) => link.repository_id === repositoryId)
      .map((link) => ({ digest: fromBytes(link.digest) as string, objectId: link.object_id }))
      .map((blob) => ({
        type: 'dev.lading.blob.unlinked.v1' as const,
        subject: `${path}@${blob.digest}`,
        data: { repositoryId, path, principal: 'collector', ...blob },
      }));
    await appendRepositoryEvents(client, repositoryId, events);
  }
}

/** Undefined for a repository that was deleted: its version counts no more. */
async function pathOf(client: PoolClient, repositoryId: number): Promise<string | undefined> {
  const found = await client.query<{ full_path: string }>({
    name: 'repository-path',
    text: 'SELECT full_path FROM registry.repository WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE',
    values: [repositoryId],
  });
  return found.rows[0]?.full_path;
}
