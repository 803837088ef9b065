import {
  BlobController,
  CollectionController,
  ManifestController,
  type MetadataSettings,
  RegistryPools,
  ScopeController,
  UploadController,
} from '@lading/metadata';
import type { SimulatedPool } from './database/pool.js';

/** `metadata` as it is, on a simulated database. */
export function simulatedRegistry(pool: SimulatedPool, settings: MetadataSettings) {
  const { asPool } = pool;
  const pools: RegistryPools = { write: asPool, soft: asPool, read: asPool };
  return {
    pools,
    uploads: new UploadController(pools, settings),
    blobs: new BlobController(pools, settings),
    manifests: new ManifestController(pools, settings),
    scopes: new ScopeController(pools),
    collection: new CollectionController(pools, settings),
  };
}
