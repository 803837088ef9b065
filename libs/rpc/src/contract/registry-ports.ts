import type {
  BlobPort,
  CollectionPort,
  DeletionPort,
  ManifestPort,
  ReconciliationPort,
  RulePort,
  ScopePort,
  SnapshotPort,
  StoragePort,
  UploadPort,
} from '../ports.js';

/** The ports of one registry that `metadata` serves, reached one way or another. */
export interface RegistryPorts {
  readonly uploads: UploadPort;
  readonly blobs: BlobPort;
  readonly manifests: ManifestPort;
  readonly rules: RulePort;
  readonly scopes: ScopePort;
  readonly deletions: DeletionPort;
  readonly collection: CollectionPort;
  readonly snapshots: SnapshotPort;
  readonly reconciliation: ReconciliationPort;
  readonly storage: StoragePort;
}
