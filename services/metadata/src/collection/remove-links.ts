import { transaction } from '@lading/database';
import type { PoolClient } from 'pg';
import { toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { type Finding, type Judgement, judge } from './judgement.js';
import { announceUnlinked, type Link } from './unlinked.js';

/** One repository's link to a blob. */
export interface LinkId {
  readonly repositoryId: number;
  readonly digest: string;
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
 * @param purge true where no lease counts: its repository is gone, or its content was purged (T4).
 */
export async function removeLinks(
  pools: RegistryPools,
  links: readonly LinkId[],
  { purge = false }: { purge?: boolean } = {},
): Promise<Judgement<LinkId>[]> {
  return transaction(pools.write, async (client) => {
    const locked = new Map((await lockLinks(client, links)).map((link) => [keyOf(link), link]));
    const findings = await findNeeds(client, [...locked.values()]);
    const judgements = links.map((id): Judgement<LinkId> => {
      const found = findings.get(keyOf({ repository_id: id.repositoryId, digest: toBytes(id.digest) }));
      return found ? judge(id, purge ? { ...found, due_at: null } : found, found.now) : { id, outcome: 'absent' };
    });
    const unneeded = judgements
      .filter(({ outcome }) => outcome === 'done')
      .map(({ id }) => locked.get(keyOf({ repository_id: id.repositoryId, digest: toBytes(id.digest) })) as Link);
    await deleteLinks(client, unneeded);
    await announceUnlinked(client, unneeded);
    return explainBusy(client, judgements);
  });
}

async function lockLinks(client: PoolClient, links: readonly LinkId[]): Promise<Link[]> {
  const locked = await client.query<Link>({
    name: 'lock-lapsed-links',
    text: `SELECT l.repository_id, l.digest, l.object_id
           FROM registry.blob_link l JOIN unnest($1::bigint[], $2::bytea[]) AS u(repository_id, digest)
             ON l.repository_id = u.repository_id AND l.digest = u.digest
           ORDER BY l.repository_id, l.digest FOR UPDATE OF l SKIP LOCKED`,
    values: [links.map((link) => link.repositoryId), links.map((link) => toBytes(link.digest))],
  });
  return locked.rows;
}

/** A statement of its own, with a snapshot taken after the locks. */
async function findNeeds(client: PoolClient, links: readonly Link[]): Promise<Map<string, Finding & { now: Date }>> {
  if (links.length === 0) return new Map();
  const found = await client.query<Finding & { repository_id: number; digest: Buffer; now: Date }>({
    name: 'links-without-manifests',
    text: `SELECT l.repository_id, l.digest, l.lease_until AS due_at, clock_timestamp() AS now,
                  EXISTS (SELECT 1 FROM registry.manifest_edge e
                          WHERE e.repository_id = l.repository_id AND e.digest = l.digest) AS needed
           FROM registry.blob_link l JOIN unnest($1::bigint[], $2::bytea[]) AS u(repository_id, digest)
             ON l.repository_id = u.repository_id AND l.digest = u.digest`,
    values: [links.map((link) => link.repository_id), links.map((link) => link.digest)],
  });
  return new Map(found.rows.map((row) => [keyOf(row), row]));
}

async function deleteLinks(client: PoolClient, links: readonly Link[]): Promise<void> {
  if (links.length === 0) return;
  await client.query({
    name: 'delete-links',
    text: `DELETE FROM registry.blob_link l USING unnest($1::bigint[], $2::bytea[]) AS u(repository_id, digest)
           WHERE l.repository_id = u.repository_id AND l.digest = u.digest`,
    values: [links.map((link) => link.repository_id), links.map((link) => link.digest)],
  });
}

/** What was not locked, and is there, is held by somebody. */
async function explainBusy(client: PoolClient, judgements: readonly Judgement<LinkId>[]): Promise<Judgement<LinkId>[]> {
  const unknown = judgements.filter(({ outcome }) => outcome === 'absent').map(({ id }) => id);
  if (unknown.length === 0) return [...judgements];
  const found = await client.query<{ repository_id: number; digest: Buffer }>({
    name: 'busy-links',
    text: `SELECT l.repository_id, l.digest
           FROM registry.blob_link l JOIN unnest($1::bigint[], $2::bytea[]) AS u(repository_id, digest)
             ON l.repository_id = u.repository_id AND l.digest = u.digest`,
    values: [unknown.map((link) => link.repositoryId), unknown.map((link) => toBytes(link.digest))],
  });
  const busy = new Set(found.rows.map(keyOf));
  return judgements.map((each) =>
    each.outcome === 'absent' &&
    busy.has(keyOf({ repository_id: each.id.repositoryId, digest: toBytes(each.id.digest) }))
      ? { id: each.id, outcome: 'busy' }
      : each,
  );
}

function keyOf(link: { repository_id: number; digest: Buffer }): string {
  return `${link.repository_id} ${link.digest.toString('hex')}`;
}
