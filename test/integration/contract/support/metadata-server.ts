import { createServer } from 'node:net';
import {
  BlobController,
  CollectionController,
  DeletionController,
  ManifestController,
  MetadataModule,
  migrateRegistry,
  ReconciliationController,
  RuleController,
  ScopeController,
  SnapshotController,
  StorageController,
  UploadController,
} from '@lading/metadata';
import { createLogger } from '@lading/platform';
import {
  BlobServiceService,
  CollectionServiceService,
  DeletionServiceService,
  ManifestServiceService,
  ReconciliationServiceService,
  RuleServiceService,
  ScopeServiceService,
  SnapshotServiceService,
  StorageServiceService,
  UploadServiceService,
} from '@lading/proto';
import {
  type BlobPort,
  type CollectionPort,
  createGrpcClient,
  type DeletionPort,
  type GrpcClientOptions,
  grpcServerOptions,
  type ManifestPort,
  type ReconciliationPort,
  type RulePort,
  type ScopePort,
  type SnapshotPort,
  type StoragePort,
  type UploadPort,
} from '@lading/rpc';
import type { RegistryPorts } from '@lading/rpc/contract';
import { createTestDatabase, type TestDatabase } from '@lading/testing';
import { NestFactory } from '@nestjs/core';

export const DEFINITIONS = [
  UploadServiceService,
  BlobServiceService,
  ManifestServiceService,
  ReconciliationServiceService,
  RuleServiceService,
  ScopeServiceService,
  CollectionServiceService,
  DeletionServiceService,
  SnapshotServiceService,
  StorageServiceService,
];

const HOUR = 3_600_000;
const CLOCKS = {
  leaseMs: HOUR,
  delayMs: HOUR,
  untaggedDelayMs: HOUR,
  holdMs: HOUR,
  restoreWindowMs: HOUR,
  eventRetentionMs: HOUR,
  uploadTtlMs: HOUR,
};
const SETTINGS = { ...CLOCKS, openUploads: 10_000, nameLevels: 2 };
const LOG = createLogger({ service: 'spec', level: 'fatal' });
const QUIET = { logger: false, abortOnError: false } as const;

/** An empty registry in a database of its own. */
export function createRegistryDatabase(): Promise<TestDatabase> {
  return createTestDatabase({ name: 'registry', migrate: (url) => migrateRegistry({ url }) });
}

export interface RunningMetadata {
  readonly ports: RegistryPorts;
  close(): Promise<void>;
}

/** The service within this process. */
export async function metadataInProcess(url: string): Promise<RunningMetadata> {
  const app = await NestFactory.createApplicationContext(MetadataModule.forRoot({ url }, SETTINGS, LOG), QUIET);
  const ports = {
    uploads: app.get(UploadController),
    blobs: app.get(BlobController),
    manifests: app.get(ManifestController),
    rules: app.get(RuleController),
    scopes: app.get(ScopeController),
    deletions: app.get(DeletionController),
    collection: app.get(CollectionController),
    snapshots: app.get(SnapshotController),
    reconciliation: app.get(ReconciliationController),
    storage: app.get(StorageController),
  };
  return { ports, close: () => app.close() };
}

/** The service behind gRPC, on a free port unless told. @returns its `host:port` */
export async function serveMetadata(url: string, at?: string): Promise<{ address: string; close(): Promise<void> }> {
  const address = at ?? `127.0.0.1:${await freePort()}`;
  const module = MetadataModule.forRoot({ url }, SETTINGS, LOG);
  const app = await NestFactory.createMicroservice(module, { ...grpcServerOptions(address, DEFINITIONS), ...QUIET });
  await app.listen();
  const close = async () => {
    app.get(SnapshotController).endAll();
    app.get(StorageController).endAll();
    await app.close();
  };
  return { address, close };
}

/** A client of each port at one address. */
export function connectMetadata(options: GrpcClientOptions): RunningMetadata {
  const uploads = createGrpcClient<UploadPort>(UploadServiceService, options);
  const blobs = createGrpcClient<BlobPort>(BlobServiceService, options);
  const manifests = createGrpcClient<ManifestPort>(ManifestServiceService, options);
  const rules = createGrpcClient<RulePort>(RuleServiceService, options);
  const scopes = createGrpcClient<ScopePort>(ScopeServiceService, options);
  const deletions = createGrpcClient<DeletionPort>(DeletionServiceService, options);
  const collection = createGrpcClient<CollectionPort>(CollectionServiceService, options);
  const snapshots = createGrpcClient<SnapshotPort>(SnapshotServiceService, options);
  const reconciliation = createGrpcClient<ReconciliationPort>(ReconciliationServiceService, options);
  const storage = createGrpcClient<StoragePort>(StorageServiceService, options);
  const registry = { uploads, blobs, manifests, rules, scopes, deletions };
  const clients = { ...registry, collection, snapshots, reconciliation, storage };
  const close = async () => {
    for (const client of Object.values(clients)) client.close();
  };
  return { ports: clients, close };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
