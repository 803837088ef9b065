import {
  closeFront,
  createFront,
  createLogger,
  createShutdown,
  IpNetworks,
  listenOn,
  metricsListener,
  processMetrics,
} from '@lading/platform';
import {
  AuthServiceService,
  CollectorServiceService,
  DeletionServiceService,
  ManifestServiceService,
  RuleServiceService,
  ScopeServiceService,
  SnapshotServiceService,
  StorageServiceService,
} from '@lading/proto';
import {
  type AuthPort,
  type CollectorPort,
  createGrpcClient,
  type DeletionPort,
  describeFailure,
  type ManifestPort,
  quietGrpc,
  type RulePort,
  type ScopePort,
  type SnapshotPort,
  type StoragePort,
} from '@lading/rpc';
import { readConfig, type UiApiConfig } from './config.js';
import { createUiApiApp } from './create-ui-api-app.js';

async function main({ database, grpc, http, notifications, operation }: UiApiConfig): Promise<void> {
  const logger = createLogger({ service: 'ui-api', level: operation.logLevel });
  const auth = createGrpcClient<AuthPort>(AuthServiceService, { address: grpc.authUrl });
  const metadata = { address: grpc.metadataUrl };
  const registry = {
    scopes: createGrpcClient<ScopePort>(ScopeServiceService, metadata),
    manifests: createGrpcClient<ManifestPort>(ManifestServiceService, metadata),
    rules: createGrpcClient<RulePort>(RuleServiceService, metadata),
    deletions: createGrpcClient<DeletionPort>(DeletionServiceService, metadata),
    snapshots: createGrpcClient<SnapshotPort>(SnapshotServiceService, metadata),
    storage: createGrpcClient<StoragePort>(StorageServiceService, metadata),
  };
  const collector = createGrpcClient<CollectorPort>(CollectorServiceService, { address: grpc.gcUrl });
  const { listener, endStreams, close } = await createUiApiApp({
    database: { url: database.url.reveal() },
    auth,
    registry,
    collector,
    endpoints: notifications.endpoints ?? [],
    logger,
    trustedProxies: http.trustedProxies,
  });
  const access = { token: operation.metricsToken, trustedProxies: new IpNetworks(http.trustedProxies) };
  const server = createFront([
    { prefixes: ['/'], listener, smallBodies: true },
    { prefixes: ['/metrics'], listener: metricsListener([processMetrics(logger)], access), smallBodies: true },
  ]);
  const port = await listenOn(server, http.host, http.port);
  const shutdown = createShutdown({ logger, timeoutMs: operation.drainTimeout });
  shutdown.phase('streams', endStreams);
  shutdown.phase('requests', () => closeFront(server));
  shutdown.phase('application and database', close);
  shutdown.phase('clients', () => {
    auth.close();
    for (const client of Object.values(registry)) client.close();
    collector.close();
  });
  shutdown.listen();
  logger.info({ host: http.host, port }, 'ui-api is ready');
}

quietGrpc();
try {
  await main(readConfig(process.env));
} catch (error) {
  process.stderr.write(`ui-api cannot start: ${describeFailure(error)}\n`);
  process.exit(1);
}
