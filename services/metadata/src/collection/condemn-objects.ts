import { transaction } from '@lading/database';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { explainOthers } from './explain-others.js';
import { doneOf, type Finding, type Judgement, judge } from './judgement.js';

/**
 * Condemns objects that nothing refers to: from now on they may die, and until `holdMs` is over whoever wants one brings it
 * back by writing its row.
 *
 *   rows FOR UPDATE SKIP LOCKED: whoever is about to refer to one holds it, and one that is held is in use
 *   in a new statement, what refers to them? edges by object, and by (repository, digest) of each link, because an edge may
 *     lack the object (T12); links with a lease
 *   the others are written
 *
 * One statement for lock and check together would judge by a snapshot older than the lock.
 */
export async function condemnObjects(
  pools: RegistryPools,
  objectIds: readonly string[],
  holdMs: number,
): Promise<Judgement<string>[]> {
  return transaction(pools.write, async (client) => {
    const locked = await lockLive(client, objectIds);
    const judgements = await judgeLocked(client, locked);
    await condemn(client, doneOf(judgements), holdMs);
    const held = new Set(locked);
    const others = objectIds.filter((id) => !held.has(id));
    return [...judgements, ...(await explainOthers(client, OTHERS, others))];
  });
}

async function lockLive(client: PoolClient, ids: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>({
    name: 'condemn-lock',
    text: `SELECT id FROM registry.blob_object WHERE id = ANY($1::uuid[]) AND state = 'live'
           ORDER BY id FOR UPDATE SKIP LOCKED`,
    values: [ids],
  });
  return rows.map((row) => row.id);
}

/** A statement of its own, with a snapshot taken after the locks. */
async function judgeLocked(client: PoolClient, ids: readonly string[]): Promise<Judgement<string>[]> {
  if (ids.length === 0) return [];
  const { rows } = await client.query<Finding & { id: string; now: Date }>({
    name: 'condemn-check',
    text: `SELECT o.id, clock_timestamp() AS now,
                  (SELECT max(l.lease_until) FROM registry.blob_link l WHERE l.object_id = o.id) AS due_at,
                  EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.object_id = o.id)
                    OR EXISTS (SELECT 1 FROM registry.blob_link l JOIN registry.manifest_edge e
                                 ON e.repository_id = l.repository_id AND e.digest = l.digest
                               WHERE l.object_id = o.id) AS needed
           FROM unnest($1::uuid[]) AS o(id)`,
    values: [ids],
  });
  return rows.map((row) => judge(row.id, row, row.now));
}

async function condemn(client: PoolClient, ids: readonly string[], holdMs: number): Promise<void> {
  if (ids.length === 0) return;
  await client.query({
    name: 'condemn-write',
    text: `UPDATE registry.blob_object
           SET state = 'condemned', condemned_at = clock_timestamp(),
               purge_after = clock_timestamp() + $2 * interval '1 millisecond'
           WHERE id = ANY($1::uuid[])`,
    values: [ids, holdMs],
  });
}

const OTHERS = {
  name: 'condemn-busy',
  text: `SELECT id FROM registry.blob_object WHERE id = ANY($1::uuid[]) AND state = 'live'`,
};
