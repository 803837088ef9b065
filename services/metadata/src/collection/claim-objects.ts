import { transaction } from '@lading/database';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { announceUnlinked, type Link } from './unlinked.js';

/**
 * Takes condemned objects whose time is over past the point of no return: their digest is free for a new object, and
 * their bytes are deleted.
 *
 *   rows FOR UPDATE SKIP LOCKED: whoever wants one back holds it
 *   in a new statement, what refers to them? Nothing, as long as every step keeps its rules: who begins to refer makes
 *     the object live first. This look does not depend on that
 *   links that are left are deleted, the others are written; the commit is on disk before anybody deletes a byte
 *   repository versions and events last, repositories in order of id
 *
 * @param limit 1 to 500.
 * @returns how many are to be purged now.
 */
export async function claimObjects(pools: RegistryPools, limit: number): Promise<number> {
  return transaction(pools.write, async (client) => {
    const due = await lockDue(client, limit);
    const free = await withoutReferences(client, due);
    const unlinked = await removeLeftLinks(client, free);
    await claim(client, free);
    await announceUnlinked(client, unlinked);
    return free.length;
  });
}

async function lockDue(client: PoolClient, limit: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'claim-lock',
    text: `SELECT id FROM registry.blob_object WHERE state = 'condemned' AND purge_after < clock_timestamp()
           ORDER BY purge_after, id LIMIT $1 FOR UPDATE SKIP LOCKED`,
    values: [limit],
  });
  return rows.map((row) => row.id);
}

/** A statement of its own, with a snapshot taken after the locks. */
async function withoutReferences(client: PoolClient, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<{ id: string }>({
    name: 'claim-check',
    text: `SELECT o.id FROM unnest($1::uuid[]) AS o(id)
           WHERE NOT EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.object_id = o.id)
             AND NOT EXISTS (SELECT 1 FROM registry.blob_link l
                             WHERE l.object_id = o.id AND l.lease_until > clock_timestamp())`,
    values: [ids],
  });
  return rows.map((row) => row.id);
}

/** Sorted, as everybody locks links. */
async function removeLeftLinks(client: PoolClient, ids: readonly string[]): Promise<Link[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<Link>({
    name: 'claim-links',
    text: `DELETE FROM registry.blob_link WHERE (repository_id, digest) IN (
             SELECT repository_id, digest FROM registry.blob_link WHERE object_id = ANY($1::uuid[])
             ORDER BY repository_id, digest FOR UPDATE)
           RETURNING repository_id, digest, object_id`,
    values: [ids],
  });
  return rows;
}

async function claim(client: PoolClient, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await client.query({
    name: 'claim-write',
    text: `UPDATE registry.blob_object SET state = 'purging', purge_after = clock_timestamp() WHERE id = ANY($1::uuid[])`,
    values: [ids],
  });
}
