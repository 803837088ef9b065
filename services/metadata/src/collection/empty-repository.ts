import { statement, transaction } from '@lading/database';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { type ExpungeOptions, expungeManifests } from './expunge-manifests.js';
import { removeLinks } from './remove-links.js';

/** Rows of one transaction. */
const BATCH = 500;

/** Batches of one call, so that it ends in seconds; the collector calls again. */
const MOST_BATCHES = 40;

/**
 * Removes what is in a repository that no restore brings back. Nothing can come in meanwhile: whatever changes a repository ends with
 * its live row (T8).
 *
 *   manifests that were live in it: deleted when the repository was, without tags and without a word, for it was hidden already
 *   manifests that no other one names: expunged, which frees their children for the next batch
 *   links that no manifest names, with no regard to leases; sessions; the tags' history
 */
export async function emptyRepository(
  pools: RegistryPools,
  repositoryId: number,
  { leaseMs, purgedBy }: { leaseMs: number; purgedBy?: string },
): Promise<void> {
  const purge = purgedBy === undefined ? undefined : { principal: purgedBy };
  for (let batch = 0; batch < MOST_BATCHES; batch++) {
    const moved =
      (await hideManifests(pools, repositoryId)) +
      (await expungeRoots(pools, repositoryId, { restoreWindowMs: 0, leaseMs, purge })) +
      (await unlink(pools, repositoryId)) +
      (await endSessions(pools, repositoryId)) +
      (await forgetHistory(pools, repositoryId));
    if (moved === 0) return;
  }
}

async function hideManifests(pools: RegistryPools, repositoryId: number): Promise<number> {
  return transaction(pools.write, async (client) => {
    const { rows } = await client.query<{ id: number }>(
      statement(
        `SELECT id FROM registry.manifest WHERE repository_id = $1 AND deleted_at IS NULL
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`,
        [repositoryId, BATCH],
      ),
    );
    const ids = rows.map(({ id }) => id);
    if (ids.length === 0) return 0;
    await client.query(
      statement('DELETE FROM registry.tag WHERE repository_id = $1 AND manifest_id = ANY($2::bigint[])', [
        repositoryId,
        ids,
      ]),
    );
    await client.query(
      statement(
        `UPDATE registry.manifest m
         SET deleted_at = r.deleted_at, delete_operation = r.delete_operation, delete_reason = 'request'
         FROM registry.repository r WHERE r.id = $1 AND m.id = ANY($2::bigint[])`,
        [repositoryId, ids],
      ),
    );
    return ids.length;
  });
}

async function expungeRoots(pools: RegistryPools, repositoryId: number, options: ExpungeOptions): Promise<number> {
  const { rows } = await pools.write.query<{ id: number }>(
    statement(
      `SELECT m.id FROM registry.manifest m
       WHERE m.repository_id = $1 AND m.deleted_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.repository_id = $1 AND e.digest = m.digest)
       ORDER BY m.deleted_at LIMIT $2`,
      [repositoryId, BATCH],
    ),
  );
  if (rows.length === 0) return 0;
  const ids = rows.map(({ id }) => id);
  const judgements = await expungeManifests(pools, ids, options);
  return judgements.filter(({ outcome }) => outcome === 'done').length;
}

async function unlink(pools: RegistryPools, repositoryId: number): Promise<number> {
  const { rows } = await pools.write.query<{ digest: Buffer }>(
    statement(
      `SELECT l.digest FROM registry.blob_link l
       WHERE l.repository_id = $1
         AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.repository_id = $1 AND e.digest = l.digest)
       ORDER BY l.digest LIMIT $2`,
      [repositoryId, BATCH],
    ),
  );
  if (rows.length === 0) return 0;
  const links = rows.map(({ digest }) => ({ repositoryId, digest: fromBytes(digest) }));
  const judgements = await removeLinks(pools, links, { purge: true });
  return judgements.filter(({ outcome }) => outcome === 'done').length;
}

/** Open ones are ended as if their time were over; what they wrote is past the point of no return. */
async function endSessions(pools: RegistryPools, repositoryId: number): Promise<number> {
  const { rowCount } = await pools.write.query(
    statement(
      `WITH due AS (
         SELECT id, state, object_id FROM registry.upload_session WHERE repository_id = $1
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED),
       purging AS (
         UPDATE registry.blob_object o SET state = 'purging', purge_after = clock_timestamp()
         FROM due WHERE due.state = 'open' AND o.id = due.object_id AND o.state = 'uploading')
       DELETE FROM registry.upload_session s USING due WHERE s.id = due.id`,
      [repositoryId, BATCH],
    ),
  );
  return rowCount ?? 0;
}

async function forgetHistory(pools: RegistryPools, repositoryId: number): Promise<number> {
  const { rowCount } = await pools.write.query(
    statement(
      `DELETE FROM registry.tag_history
       WHERE id IN (SELECT id FROM registry.tag_history WHERE repository_id = $1 LIMIT $2)`,
      [repositoryId, BATCH * 10],
    ),
  );
  return rowCount ?? 0;
}
