import { transaction } from '@lading/database';
import type { RegistryPools } from '@lading/metadata';

export const CONDEMN_STEPS = ['condemn-lock', 'condemn-check', 'condemn-write'];

/**
 * What the collector will do to an object that nothing refers to: lock without waiting, look in a new statement, write.
 * Here only as the other side of a meeting.
 *
 * @returns whether the object is condemned now.
 */
export function condemn(pools: RegistryPools, objectId: string): Promise<boolean> {
  return transaction(pools.write, async (client) => {
    const locked = await client.query({
      name: 'condemn-lock',
      text: `SELECT 1 FROM registry.blob_object WHERE id = $1 AND state = 'live' FOR UPDATE SKIP LOCKED`,
      values: [objectId],
    });
    if (locked.rowCount !== 1) return false;
    const needed = await client.query({
      name: 'condemn-check',
      text: `SELECT 1 FROM registry.manifest_edge WHERE object_id = $1
             UNION ALL
             SELECT 1 FROM registry.blob_link l
             WHERE l.object_id = $1 AND (l.lease_until > clock_timestamp()
               OR EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.repository_id = l.repository_id AND e.digest = l.digest))`,
      values: [objectId],
    });
    if (needed.rowCount !== 0) return false;
    await client.query({
      name: 'condemn-write',
      text: `UPDATE registry.blob_object SET state = 'condemned', condemned_at = clock_timestamp() WHERE id = $1`,
      values: [objectId],
    });
    return true;
  });
}
