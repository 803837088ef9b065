import { transaction } from '@lading/database';
import { uuidV7 } from '@lading/platform';
import type { PoolClient } from 'pg';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { tombstoneManifest } from '../manifest/tombstone-manifest.js';
import { appendCollectorEvents } from '../outbox/append-collector-events.js';
import { explainOthers } from './explain-others.js';
import { doneOf, type Finding, type Judgement, judge } from './judgement.js';

interface Untagged {
  id: number;
  repository_id: number;
  digest: Buffer;
}

interface Hidden extends Untagged {
  operation: string;
  tags: string[];
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
 * @param delayMs how long a manifest must have been unnamed, Infinity for ever (`LADING_UNTAGGED_DELAY`).
 */
export async function collectUntagged(
  pools: RegistryPools,
  manifestIds: readonly number[],
  delayMs: number,
): Promise<Judgement<number>[]> {
  if (delayMs === Number.POSITIVE_INFINITY) return manifestIds.map((id) => ({ id, outcome: 'needed' }));
  return transaction(pools.write, async (client) => {
    const locked = await lockUntagged(client, manifestIds);
    const judgements = await judgeLocked(client, locked, delayMs);
    const done = new Set(doneOf(judgements));
    const hidden: Hidden[] = [];
    for (const manifest of locked.filter(({ id }) => done.has(id))) hidden.push(await hide(client, manifest));
    await announce(client, hidden);
    const held = new Set(locked.map(({ id }) => id));
    const others = manifestIds.filter((id) => !held.has(id));
    return [...judgements, ...(await explainOthers(client, OTHERS, others))];
  });
}

/** Of deleted repositories too: a restore finds them as if the repository had not been deleted. */
async function lockUntagged(client: PoolClient, ids: readonly number[]): Promise<Untagged[]> {
  const locked = await client.query<Untagged>({
    name: 'lock-untagged',
    text: `SELECT id, repository_id, digest FROM registry.manifest
           WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL AND untagged_at IS NOT NULL
           ORDER BY id FOR UPDATE SKIP LOCKED`,
    values: [ids],
  });
  return locked.rows;
}

/** A statement of its own, with a snapshot taken after the locks. */
async function judgeLocked(
  client: PoolClient,
  locked: readonly Untagged[],
  delayMs: number,
): Promise<Judgement<number>[]> {
  if (locked.length === 0) return [];
  const { rows } = await client.query<Finding & { id: number; now: Date }>({
    name: 'untagged-without-names',
    text: `SELECT m.id, clock_timestamp() AS now, m.untagged_at + $2 * interval '1 millisecond' AS due_at,
                  EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = m.id)
                  OR EXISTS (SELECT 1 FROM registry.manifest_edge e
                             WHERE e.repository_id = m.repository_id AND e.digest = m.digest)
                  OR (m.subject IS NOT NULL AND (NOT m.subject_seen OR EXISTS (
                       SELECT 1 FROM registry.manifest s WHERE s.repository_id = m.repository_id AND s.digest = m.subject)))
                  AS needed
           FROM registry.manifest m WHERE m.id = ANY($1::bigint[]) ORDER BY m.id`,
    values: [locked.map(({ id }) => id), delayMs],
  });
  return rows.map((row) => judge(row.id, row, row.now));
}

async function hide(client: PoolClient, manifest: Untagged): Promise<Hidden> {
  const operation = uuidV7();
  const { id: manifestId, repository_id: repositoryId } = manifest;
  const reason = 'collector' as const;
  const tags = await tombstoneManifest(client, { repositoryId, manifestId, operation, actor: 'collector', reason });
  return { ...manifest, operation, tags };
}

async function announce(client: PoolClient, hidden: readonly Hidden[]): Promise<void> {
  await appendCollectorEvents(client, hidden, ({ id: manifestId, repository_id: repositoryId, ...manifest }, path) => {
    const { operation, tags } = manifest;
    const digest = fromBytes(manifest.digest);
    const reason = 'collector' as const;
    const data = { repositoryId, path, principal: 'collector', digest, manifestId, tags, reason, operation };
    return { type: 'dev.lading.manifest.deleted.v1', subject: `${path}@${digest}`, data };
  });
}

const OTHERS = {
  name: 'untagged-busy',
  text: `SELECT id FROM registry.manifest
           WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL AND untagged_at IS NOT NULL`,
};
