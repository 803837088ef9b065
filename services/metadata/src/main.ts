import {
  closeFront,
  createLogger,
  createShutdown,
  IpNetworks,
  listenOn,
  operationFront,
  processMetrics,
} from '@lading/platform';
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
import { describeFailure, grpcServerOptions, quietGrpc } from '@lading/rpc';
import { NestFactory } from '@nestjs/core';
import { MetadataModule } from './app.module.js';
import { type MetadataConfig, readConfig } from './config.js';
import { metadataMetrics } from './metrics/metadata-figures.js';
import { migrateRegistry } from './migrate.js';
import { metadataSettings } from './settings.js';
import { SnapshotController } from './snapshot/snapshot.controller.js';
import { StorageController } from './storage/storage.controller.js';

const SERVICES = [
  UploadServiceService,
  BlobServiceService,
  ManifestServiceService,
  RuleServiceService,
  ScopeServiceService,
  CollectionServiceService,
  DeletionServiceService,
  SnapshotServiceService,
  ReconciliationServiceService,
  StorageServiceService,
];

async function main(config: MetadataConfig): Promise<void> {
  const { http, grpc, database, operation } = config;
  const logger = createLogger({ service: 'metadata', level: operation.logLevel });
  const address = { url: database.url.reveal() };
  await migrateRegistry(address);
  const target = `${http.host.includes(':') ? `[${http.host}]` : http.host}:${grpc.port}`;
  const app = await NestFactory.createMicroservice(MetadataModule.forRoot(address, metadataSettings(config), logger), {
    ...grpcServerOptions(target, SERVICES),
    logger: false,
    abortOnError: false,
  });
  await app.listen();
  const access = { token: operation.metricsToken, trustedProxies: new IpNetworks(http.trustedProxies) };
  const server = operationFront([processMetrics(logger), metadataMetrics(app, logger)], access);
  const port = await listenOn(server, http.host, http.port);
  const shutdown = createShutdown({ logger, timeoutMs: operation.drainTimeout });
  shutdown.phase('requests', () => closeFront(server));
  shutdown.phase('streams', () => {
    app.get(SnapshotController).endAll();
    app.get(StorageController).endAll();
  });
  shutdown.phase('calls and database', () => app.close());
  shutdown.listen();
  logger.info({ address: target, port }, 'metadata is ready');
}

quietGrpc();
try {
  await main(readConfig(process.env));
} catch (error) {
  process.stderr.write(`metadata cannot start: ${describeFailure(error)}\n`);
  process.exit(1);
}
