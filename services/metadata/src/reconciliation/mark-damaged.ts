import { transaction } from '@lading/database';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { appendStoreEvent } from '../outbox/append-store-event.js';

/** What is wrong with an object's bytes. */
export type Fault = 'missing' | 'length' | 'content';

interface Marked {
  digest: Buffer;
  size: number;
}

/**
 * Notes that an object's bytes are missing or wrong. Its references stay: HEAD, mount and manifest PUT take it for absent, so
 * that clients push the digest again, and that push replaces the object everywhere (replace-damaged.ts).
 *
 * A compare-and-set: an object that was purged meanwhile has no bytes by right. A push that holds the object at this moment was
 * first; it may refer to the object as those before it do.
 *
 * @returns false when it was marked before, or its bytes need not be there any more.
 */
export async function markDamaged(pools: RegistryPools, objectId: string, fault: Fault): Promise<boolean> {
  return transaction(pools.write, async (client) => {
    const { rows } = await client.query<Marked>({
      name: 'mark-damaged',
      text: `UPDATE registry.blob_object SET damaged_at = clock_timestamp(), fault = $2
             WHERE id = $1 AND state IN ('live', 'condemned') AND damaged_at IS NULL RETURNING digest, size`,
      values: [objectId, fault],
    });
    const [object] = rows;
    if (!object) return false;
    const digest = fromBytes(object.digest);
    const data = { digest, objectId, size: object.size, fault };
    await appendStoreEvent(client, { type: 'dev.lading.blob.damaged.v1', subject: digest, data });
    return true;
  });
}

/**
 * The bytes of a damaged object were read and are right again: somebody put them back.
 *
 * @returns false when it was not damaged, or a push replaced it meanwhile.
 */
export async function markWhole(pools: RegistryPools, objectId: string): Promise<boolean> {
  return transaction(pools.write, async (client) => {
    const { rows } = await client.query<Marked>({
      name: 'mark-whole',
      text: `UPDATE registry.blob_object SET damaged_at = NULL, fault = NULL
             WHERE id = $1 AND state IN ('live', 'condemned') AND damaged_at IS NOT NULL RETURNING digest, size`,
      values: [objectId],
    });
    const [object] = rows;
    if (!object) return false;
    const digest = fromBytes(object.digest);
    const data = { digest, objectId, damagedObjectId: objectId, size: object.size };
    await appendStoreEvent(client, { type: 'dev.lading.blob.healed.v1', subject: digest, data });
    return true;
  });
}

export async function countDamaged(pools: RegistryPools): Promise<number> {
  const { rows } = await pools.write.query<{ damaged: number }>({
    name: 'count-damaged',
    text: `SELECT count(*) AS damaged FROM registry.blob_object
           WHERE damaged_at IS NOT NULL AND state IN ('live', 'condemned')`,
  });
  return rows[0]?.damaged ?? 0;
}
