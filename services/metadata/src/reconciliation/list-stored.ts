import type { StoredObject } from '@lading/proto';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';

const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Objects whose bytes must be in the store (I2), in the order in which the store lists their keys. A plain read: by the time the
 * caller looks an object may be gone, so whatever follows from it is decided by the row again.
 *
 * @param after id of the last object of the page before; empty for the first page.
 * @param limit 1 to 5,000.
 */
export async function listStored(pools: RegistryPools, after: string, limit: number): Promise<StoredObject[]> {
  const { rows } = await pools.write.query<{ id: string; digest: Buffer; size: number; damaged: boolean }>({
    name: 'list-stored',
    text: `SELECT id, digest, size, damaged_at IS NOT NULL AS damaged FROM registry.blob_object
           WHERE state IN ('live', 'condemned') AND (right(id::text, 2) COLLATE "C", id) > ($1, $2::uuid)
           ORDER BY right(id::text, 2) COLLATE "C", id LIMIT $3`,
    values: [after.slice(-2), after || FIRST, limit],
  });
  return rows.map(({ id, digest, size, damaged }) => ({ objectId: id, digest: fromBytes(digest), size, damaged }));
}
