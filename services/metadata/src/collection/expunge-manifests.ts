import { transaction } from '@lading/database';
import type { RegistryEvent } from '@lading/events';
import type { PoolClient } from 'pg';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendCollectorEvents } from '../outbox/append-collector-events.js';
import { explainOthers } from './explain-others.js';
import { doneOf, type Finding, type Judgement, judge } from './judgement.js';

interface Deleted {
  id: number;
  repository_id: number;
  digest: Buffer;
  deleted_at: Date;
}

/** Durations in milliseconds; `purge` ends the time for restoring at once, on behalf of somebody. */
export interface ExpungeOptions {
  readonly restoreWindowMs: number;
  readonly leaseMs: number;
  readonly purge?: { readonly principal: string } | undefined;
}

/**
 * Removes deleted manifests for good, once the time for restoring them is over: their references are gone (T4).
 *
 *   a plain look: which blobs do they name? Their links are locked first, for links come before manifests; they get the lease
 *     that no HEAD gave them while a manifest named the blob (T13)
 *   manifests FOR UPDATE SKIP LOCKED: a restore, or a push that revives one, holds it
 *   in a new statement: is it still deleted, and due? does a live or deleted index name it?
 *   the others are deleted, with their edges; their referrers count as untagged from now on (T11), and so do their children
 *   repository versions and events last, repositories in order of id
 *
 * A purge keeps nothing for its time: no window, and no lease for what a HEAD may have been told (T4).
 */
export async function expungeManifests(
  pools: RegistryPools,
  manifestIds: readonly number[],
  { restoreWindowMs, leaseMs, purge }: ExpungeOptions,
): Promise<Judgement<number>[]> {
  return transaction(pools.write, async (client) => {
    await lockLinks(client, manifestIds);
    const locked = await lockDeleted(client, manifestIds);
    const judgements = await judgeLocked(client, locked, purge ? 0 : restoreWindowMs);
    const done = new Set(doneOf(judgements));
    const expunged = locked.filter(({ id }) => done.has(id));
    if (!purge) await writeLeases(client, [...done], leaseMs);
    await startClocks(client, [...done]);
    await remove(client, [...done]);
    await announce(client, expunged, purge);
    const held = new Set(locked.map(({ id }) => id));
    const others = manifestIds.filter((id) => !held.has(id));
    return [...judgements, ...(await explainOthers(client, OTHERS, others))];
  });
}

/** Sorted, and FOR NO KEY UPDATE, which pushes that share the link do not wait for. */
async function lockLinks(client: PoolClient, ids: readonly number[]): Promise<void> {
  await client.query({
    name: 'expunge-lock-links',
    text: `SELECT 1 FROM registry.blob_link
           WHERE (repository_id, digest) IN (
             SELECT e.repository_id, e.digest FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
             WHERE m.id = ANY($1::bigint[]) AND m.deleted_at IS NOT NULL)
           ORDER BY repository_id, digest FOR NO KEY UPDATE`,
    values: [ids],
  });
}

async function lockDeleted(client: PoolClient, ids: readonly number[]): Promise<Deleted[]> {
  const { rows } = await client.query<Deleted>({
    name: 'expunge-lock',
    text: `SELECT id, repository_id, digest, deleted_at FROM registry.manifest
           WHERE id = ANY($1::bigint[]) AND deleted_at IS NOT NULL ORDER BY id FOR UPDATE SKIP LOCKED`,
    values: [ids],
  });
  return rows;
}

/** A statement of its own, with a snapshot taken after the locks. */
async function judgeLocked(
  client: PoolClient,
  locked: readonly Deleted[],
  restoreWindowMs: number,
): Promise<Judgement<number>[]> {
  if (locked.length === 0) return [];
  const { rows } = await client.query<Finding & { id: number; now: Date }>({
    name: 'expunge-check',
    text: `SELECT m.id, clock_timestamp() AS now, m.deleted_at + $2 * interval '1 millisecond' AS due_at,
                  EXISTS (SELECT 1 FROM registry.manifest_edge e
                          WHERE e.repository_id = m.repository_id AND e.digest = m.digest) AS needed
           FROM registry.manifest m WHERE m.id = ANY($1::bigint[]) AND m.deleted_at IS NOT NULL ORDER BY m.id`,
    values: [locked.map(({ id }) => id), restoreWindowMs],
  });
  return rows.map((row) => judge(row.id, row, row.now));
}

async function writeLeases(client: PoolClient, ids: readonly number[], leaseMs: number): Promise<void> {
  if (ids.length === 0) return;
  await client.query({
    name: 'expunge-leases',
    text: `UPDATE registry.blob_link l SET lease_until = greatest(l.lease_until, named.until)
           FROM (SELECT e.repository_id, e.digest, max(m.deleted_at) + $2 * interval '1 millisecond' AS until
                 FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
                 WHERE m.id = ANY($1::bigint[]) GROUP BY e.repository_id, e.digest) AS named
           WHERE l.repository_id = named.repository_id AND l.digest = named.digest AND l.lease_until < named.until`,
    values: [ids, leaseMs],
  });
}

/**
 * t0 of referrers of an expunged subject, live and without a tag, is now, however long they had none: until now their
 * subject kept them. SKIP LOCKED for the reason in set-tags.ts. A child's clock started when its parent was deleted.
 */
async function startClocks(client: PoolClient, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await client.query({
    name: 'expunge-referrer-clocks',
    text: `UPDATE registry.manifest r SET untagged_at = clock_timestamp()
           FROM (SELECT r.id FROM registry.manifest r
                 JOIN registry.manifest s ON s.repository_id = r.repository_id AND s.digest = r.subject
                 WHERE s.id = ANY($1::bigint[]) ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED) AS due
           WHERE r.id = due.id AND r.deleted_at IS NULL
             AND NOT EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = r.id)`,
    values: [ids],
  });
}

async function remove(client: PoolClient, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await client.query({
    name: 'expunge-write',
    text: 'DELETE FROM registry.manifest WHERE id = ANY($1::bigint[])',
    values: [ids],
  });
}

async function announce(
  client: PoolClient,
  expunged: readonly Deleted[],
  purge: ExpungeOptions['purge'],
): Promise<void> {
  await appendCollectorEvents(client, expunged, (manifest, path): RegistryEvent => {
    const digest = fromBytes(manifest.digest);
    const repositoryId = manifest.repository_id;
    const principal = purge?.principal ?? 'collector';
    const deletedAt = manifest.deleted_at.toISOString();
    const data = { repositoryId, path, principal, digest, manifestId: manifest.id, deletedAt };
    return {
      type: 'dev.lading.manifest.expunged.v1',
      subject: `${path}@${digest}`,
      data: purge ? { ...data, purged: true } : data,
    };
  });
}

const OTHERS = {
  name: 'expunge-busy',
  text: 'SELECT id FROM registry.manifest WHERE id = ANY($1::bigint[]) AND deleted_at IS NOT NULL',
};
