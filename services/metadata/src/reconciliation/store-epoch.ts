import type { StoreEpoch } from '@lading/proto';
import type { RegistryPools } from '../database/registry-pools.js';

// The database counts epochs, and the blob store has a copy of the count and of the installation's id. The count is raised here
// first, and written to the store before bytes are deleted: a database that was restored from a backup is behind the store,
// and one of another installation has another id.

interface Row {
  installation: string;
  epoch: number;
}

export async function getEpoch(pools: RegistryPools): Promise<StoreEpoch> {
  const { rows } = await pools.write.query<Row>({
    name: 'get-epoch',
    text: 'SELECT installation, epoch FROM registry.store',
  });
  return toEpoch(rows[0] as Row);
}

/** On disk when it answers. Sent again, it changes nothing. @param beyond the epoch that there was, here or in the store. */
export async function advanceEpoch(pools: RegistryPools, beyond: number): Promise<StoreEpoch> {
  const { rows } = await pools.write.query<Row>({
    name: 'advance-epoch',
    text: 'UPDATE registry.store SET epoch = greatest(epoch, $1::bigint + 1) RETURNING installation, epoch',
    values: [beyond],
  });
  return toEpoch(rows[0] as Row);
}

function toEpoch({ installation, epoch }: Row): StoreEpoch {
  return { installationId: installation, epoch };
}
