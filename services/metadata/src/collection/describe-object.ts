import { statement } from '@lading/database';
import type { Leaving, ObjectDescription } from '@lading/proto';
import { toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';

// What people are told of objects on their way. Plain reads, and nothing is decided by them.

/** Objects that are counted at most. */
const MOST_COUNTED = 1_000_000;

/** How many objects are condemned, and how many past the point of no return. Reads those, a million at most. */
export async function countLeaving(pools: RegistryPools): Promise<{ condemned: Leaving; purging: Leaving }> {
  const { rows } = await pools.write.query<{ state: string } & Leaving & { next: Date | null }>(
    statement(
      `SELECT state, count(*) AS objects, coalesce(sum(size), 0)::bigint AS bytes, min(purge_after) AS next,
              count(*) FILTER (WHERE attempts > 0) AS failed
       FROM (SELECT state, size, purge_after, attempts FROM registry.blob_object
             WHERE state IN ('condemned', 'purging') ORDER BY purge_after, id LIMIT $1) AS leaving
       GROUP BY state`,
      [MOST_COUNTED],
    ),
  );
  const of = (state: string): Leaving => {
    const row = rows.find((each) => each.state === state);
    if (!row) return { objects: 0, bytes: 0, nextMs: undefined, failed: 0 };
    return { objects: row.objects, bytes: row.bytes, nextMs: row.next?.getTime(), failed: row.failed };
  };
  return { condemned: of('condemned'), purging: of('purging') };
}

/** The object that a digest has, if there is one and it can still be had. */
export async function describeObject(pools: RegistryPools, digest: string): Promise<ObjectDescription | undefined> {
  const { rows } = await pools.read.query<{
    id: string;
    state: string;
    size: number;
    purge_after: Date | null;
    lease_until: Date | null;
    repository_ids: number[];
  }>(
    statement(
      `SELECT o.id, o.state, o.size, CASE WHEN o.state = 'condemned' THEN o.purge_after END AS purge_after,
              (SELECT max(l.lease_until) FROM registry.blob_link l WHERE l.object_id = o.id) AS lease_until,
              ARRAY(SELECT l.repository_id FROM registry.blob_link l WHERE l.object_id = o.id LIMIT 1000) AS repository_ids
       FROM registry.blob_object o WHERE o.digest = $1 AND o.state IN ('live', 'condemned')`,
      [toBytes(digest)],
    ),
  );
  const [row] = rows;
  return (
    row && {
      objectId: row.id,
      state: row.state,
      size: row.size,
      repositoryIds: row.repository_ids,
      leaseUntilMs: row.lease_until?.getTime(),
      purgeAfterMs: row.purge_after?.getTime(),
    }
  );
}
