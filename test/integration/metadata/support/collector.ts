import { transaction } from '@lading/database';
import type { RegistryPools } from '@lading/metadata';
import type { PoolClient } from 'pg';
import { condemn } from './condemn.js';

// What the collector does beyond the steps that `metadata` has today: condemn and claim of objects, expunge of deleted
// manifests. In the form of T4: lock without waiting, look in a new statement, write.

const SOME = 3;

/** Condemns a few objects that nothing refers to. @returns how many. */
export async function condemnSome(pools: RegistryPools): Promise<number> {
  const live = await pools.write.query<{ id: string }>(
    `SELECT id FROM registry.blob_object WHERE state = 'live' ORDER BY random() LIMIT ${SOME}`,
  );
  const done: boolean[] = [];
  for (const { id } of live.rows) done.push(await condemn(pools, id));
  return done.filter(Boolean).length;
}

/** Takes condemned objects past the point of no return, with what is left of their links. @returns how many. */
export function claimSome(pools: RegistryPools): Promise<number> {
  return transaction(pools.write, async (client) => {
    const locked = await idsOf<string>(
      client,
      `SELECT id FROM registry.blob_object WHERE state = 'condemned' ORDER BY id LIMIT ${SOME} FOR UPDATE SKIP LOCKED`,
    );
    const free = await idsOf<string>(
      client,
      `SELECT o.id FROM registry.blob_object o WHERE o.id = ANY($1::uuid[])
         AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.object_id = o.id)
         AND NOT EXISTS (SELECT 1 FROM registry.blob_link l WHERE l.object_id = o.id AND l.lease_until > clock_timestamp())`,
      [locked],
    );
    await client.query('DELETE FROM registry.blob_link WHERE object_id = ANY($1::uuid[])', [free]);
    await client.query(
      `UPDATE registry.blob_object SET state = 'purging', purge_after = clock_timestamp() WHERE id = ANY($1::uuid[])`,
      [free],
    );
    return free.length;
  });
}

/** Removes deleted manifests that no index names; their referrers count as untagged from now on. @returns how many. */
export function expungeSome(pools: RegistryPools): Promise<number> {
  return transaction(pools.write, async (client) => {
    const locked = await idsOf<number>(
      client,
      `SELECT id FROM registry.manifest WHERE deleted_at IS NOT NULL ORDER BY id LIMIT ${SOME} FOR UPDATE SKIP LOCKED`,
    );
    const free = await idsOf<number>(
      client,
      `SELECT m.id FROM registry.manifest m WHERE m.id = ANY($1::bigint[])
         AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.repository_id = m.repository_id AND e.digest = m.digest)`,
      [locked],
    );
    await client.query(
      `UPDATE registry.manifest r SET untagged_at = clock_timestamp() FROM (
         SELECT r.id FROM registry.manifest r JOIN registry.manifest s ON s.repository_id = r.repository_id AND s.digest = r.subject
         WHERE s.id = ANY($1::bigint[]) ORDER BY r.id FOR NO KEY UPDATE OF r SKIP LOCKED) AS due
       WHERE r.id = due.id AND r.deleted_at IS NULL
         AND NOT EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = r.id)`,
      [free],
    );
    await client.query('DELETE FROM registry.manifest WHERE id = ANY($1::bigint[])', [free]);
    return free.length;
  });
}

async function idsOf<Id>(client: PoolClient, text: string, values: unknown[] = []): Promise<Id[]> {
  return (await client.query<{ id: Id }>(text, values)).rows.map((row) => row.id);
}
