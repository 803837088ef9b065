export { databaseAwayOr } from './database-away.js';
export { describeFailure, quietGrpc } from './describe-failure.js';
export { createGrpcClient, type GrpcClient, type GrpcClientOptions } from './grpc-client.js';
export { GrpcService, grpcServerOptions, RpcFaultLog, type StreamingController } from './grpc-service.js';
export {
  AuthPort,
  BlobPort,
  CollectionPort,
  CollectorPort,
  DeletionPort,
  ManifestPort,
  ReconciliationPort,
  RulePort,
  ScopePort,
  SnapshotPort,
  StoragePort,
  UploadPort,
} from './ports.js';
