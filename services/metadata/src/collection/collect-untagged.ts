import { transaction } from '@lading/database';
import { uuidV7 } from '@lading/platform';
import type { PoolClient } from 'pg';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { tombstoneManifest } from '../manifest/tombstone-manifest.js';
import { appendRepositoryEvents } from '../outbox/append-events.js';

interface Candidate {
  id: number;
  repository_id: number;
  digest: Buffer;
}

/**
 * Hides manifests that nothing has named for a while: no tag, no live or deleted index, no subject that is or was
 * deleted within its window (T11). They are deleted like any other, so they can be restored.
 *
 *   rows FOR UPDATE SKIP LOCKED: whoever is about to point at one holds it FOR KEY SHARE, and so does a push of its
 *     subject
 *   in a new statement, what names them? parents by (repository, digest), because an edge may lack the id (T12)
 *   tombstones; repository versions and events last
 *
 * A referrer whose subject was never in its repository is kept like a tagged one (T11).
 *
 * @param delayMs how long a manifest must have been unnamed (`LADING_UNTAGGED_DELAY`).
 * @returns how many were hidden.
 */
export async function collectUntagged(pools: RegistryPools, delayMs: number, limit: number): Promise<number> {
  return transaction(pools.write, async (client) => {
    const locked = await lockUntagged(client, delayMs, limit);
    const unnamed = await withoutNames(
      client,
      locked.map((row) => row.id),
    );
    for (const manifest of [...unnamed].sort((a, b) => a.repository_id - b.repository_id)) await hide(client, manifest);
    return unnamed.length;
  });
}

/** Manifests of a deleted repository are hidden with it already, and its version takes no more events. */
async function lockUntagged(client: PoolClient, delayMs: number, limit: number): Promise<Candidate[]> {
  const locked = await client.query<Candidate>({
    name: 'lock-untagged',
    text: `SELECT id, repository_id, digest FROM registry.manifest
           WHERE deleted_at IS NULL AND untagged_at < clock_timestamp() - $1 * interval '1 millisecond'
             AND EXISTS (SELECT 1 FROM registry.repository r WHERE r.id = repository_id AND r.deleted_at IS NULL)
           ORDER BY untagged_at, id LIMIT $2 FOR UPDATE SKIP LOCKED`,
    values: [delayMs, limit],
  });
  return locked.rows;
}

/** A statement of its own, with a snapshot taken after the locks. */
async function withoutNames(client: PoolClient, ids: readonly number[]): Promise<Candidate[]> {
  if (ids.length === 0) return [];
  const unnamed = await client.query<Candidate>({
    name: 'untagged-without-names',
    text: `SELECT m.id, m.repository_id, m.digest FROM registry.manifest m
           WHERE m.id = ANY($1::bigint[])
             AND NOT EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = m.id)
             AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e
                             WHERE e.repository_id = m.repository_id AND e.digest = m.digest)
             AND (m.subject IS NULL OR (m.subject_seen AND NOT EXISTS (
                   SELECT 1 FROM registry.manifest s WHERE s.repository_id = m.repository_id AND s.digest = m.subject)))
           ORDER BY m.id`,
    values: [ids],
  });
  return unnamed.rows;
}

async function hide(client: PoolClient, manifest: Candidate): Promise<void> {
  const operation = uuidV7();
  const { id: manifestId, repository_id: repositoryId } = manifest;
  const tags = await tombstoneManifest(client, {
    repositoryId,
    manifestId,
    operation,
    actor: 'collector',
    reason: 'collector',
  });
  const found = await client.query<{ full_path: string }>({
    name: 'path-of-collected',
    text: 'SELECT full_path FROM registry.repository WHERE id = $1',
    values: [repositoryId],
  });
  const path = found.rows[0]?.full_path ?? '';
  const digest: string = fromBytes(manifest.digest);
  const data = {
    repositoryId,
    path,
    principal: 'collector',
    digest,
    manifestId,
    tags,
    reason: 'collector' as const,
    operation,
  };
  await appendRepositoryEvents(client, repositoryId, [
    { type: 'dev.lading.manifest.deleted.v1', subject: `${path}@${digest}`, data },
  ]);
}
