import type {
  AuthService,
  BlobService,
  CollectionService,
  CollectorService,
  DeletionService,
  ManifestService,
  ReconciliationService,
  RuleService,
  ScopeService,
  SnapshotService,
  StorageService,
  UploadService,
} from '@lading/proto';

// A port is the service that `proto/` describes, seen from its caller: type and Nest token in one. The methods are
// the generated interface's, so there is no second list of them to keep in step. The adapters are the service itself
// in the same process, and `createGrpcClient` elsewhere; both pass the same contract suite.

/** Upload sessions; served by `metadata`. */
export abstract class UploadPort {}
export interface UploadPort extends UploadService {}

/** Blobs as a repository sees them; served by `metadata`. */
export abstract class BlobPort {}
export interface BlobPort extends BlobService {}

/** Manifests, tags and lists; served by `metadata`. */
export abstract class ManifestPort {}
export interface ManifestPort extends ManifestService {}

/** Deletes of repositories and projects, and what comes back; served by `metadata`. */
export abstract class DeletionPort {}
export interface DeletionPort extends DeletionService {}

/** What the collector may ask for; served by `metadata`. */
export abstract class CollectionPort {}
export interface CollectionPort extends CollectionService {}

/** What a walk through the blob store asks; served by `metadata`. */
export abstract class ReconciliationPort {}
export interface ReconciliationPort extends ReconciliationService {}
/** Rules on the tags of a project; served by `metadata`. */
export abstract class RulePort {}
export interface RulePort extends RuleService {}

/** Which project a name belongs to; served by `metadata`, asked by `auth`. */
export abstract class ScopePort {}
export interface ScopePort extends ScopeService {}

/** All live state as of one moment, for whoever reads events from there on; served by `metadata`. */
export abstract class SnapshotPort {}
export interface SnapshotPort extends SnapshotService {}

/** What takes room, and what would be free; served by `metadata`. */
export abstract class StoragePort {}
export interface StoragePort extends StorageService {}

/** Who may what; served by `auth`. */
export abstract class AuthPort {}
export interface AuthPort extends AuthService {}

/** How an administrator sees and steers collection; served by `gc`. */
export abstract class CollectorPort {}
export interface CollectorPort extends CollectorService {}
