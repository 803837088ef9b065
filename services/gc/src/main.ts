import { openBlobStore } from '@lading/blob-store';
import {
  closeFront,
  createLogger,
  createShutdown,
  IpNetworks,
  listenOn,
  operationFront,
  processMetrics,
  s3OptionsOf,
} from '@lading/platform';
import { CollectionServiceService } from '@lading/proto';
import { type CollectionPort, createGrpcClient, describeFailure, quietGrpc } from '@lading/rpc';
import { clocksOf } from './candidate/clocks.js';
import { type GcConfig, readConfig } from './config.js';
import { createGcApp, createGcCalls } from './create-gc-app.js';
import { gcMetrics } from './metrics/gc-figures.js';
import { migrateGc } from './migrate.js';
import { openConsumer } from './open-consumer.js';
import { openPool } from './open-pool.js';

async function main(config: GcConfig): Promise<void> {
  const { data, blobs, http, grpc, database, gc, operation } = config;
  const logger = createLogger({ service: 'gc', level: operation.logLevel });
  const collection = createGrpcClient<CollectionPort>(CollectionServiceService, { address: grpc.metadataUrl });
  const store = await openBlobStore(data.dir, s3OptionsOf(blobs));
  const address = { url: database.url.reveal() };
  await migrateGc(address);
  const pool = openPool(address);
  const consumer = openConsumer(pool, logger);
  const clocks = clocksOf(config);
  const { interval: intervalMs, reconcile: reconcileMs } = gc;
  const app = await createGcApp({ collection, store, pool, clocks, logger, consumer, intervalMs, reconcileMs });
  const target = `${http.host.includes(':') ? `[${http.host}]` : http.host}:${grpc.port}`;
  const calls = await createGcCalls(app, target);
  await app.listen();
  await calls.listen();
  const access = { token: operation.metricsToken, trustedProxies: new IpNetworks(http.trustedProxies) };
  const server = operationFront([processMetrics(logger), gcMetrics(app, logger)], access);
  const port = await listenOn(server, http.host, http.port);
  const shutdown = createShutdown({ logger, timeoutMs: operation.drainTimeout });
  shutdown.phase('requests', () => closeFront(server));
  shutdown.phase('calls', () => calls.close());
  shutdown.phase('work in hand', () => app.close());
  shutdown.phase('store', () => store.close());
  shutdown.phase('database', () => pool.end());
  shutdown.phase('metadata client', () => collection.close());
  shutdown.listen();
  logger.info({ address: target, port }, 'gc is ready');
}

quietGrpc();
try {
  await main(readConfig(process.env));
} catch (error) {
  process.stderr.write(`gc cannot start: ${describeFailure(error)}\n`);
  process.exit(1);
}
