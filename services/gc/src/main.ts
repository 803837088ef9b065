import { join } from 'node:path';
import { FileBlobStore } from '@lading/blob-store';
import { createLogger, createShutdown } from '@lading/platform';
import { CollectionServiceService } from '@lading/proto';
import { type CollectionPort, createGrpcClient, describeFailure, quietGrpc } from '@lading/rpc';
import { NestFactory } from '@nestjs/core';
import { GcModule } from './app.module.js';
import { type GcConfig, readConfig } from './config.js';

async function main({ data, grpc, gc, operation }: GcConfig): Promise<void> {
  const logger = createLogger({ service: 'gc', level: operation.logLevel });
  const collection = createGrpcClient<CollectionPort>(CollectionServiceService, { address: grpc.metadataUrl });
  const store = new FileBlobStore(join(data.dir, 'blobs'));
  const module = GcModule.forRoot({ collection, store, logger, intervalMs: gc.interval });
  const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  const alive = setInterval(() => undefined, 2 ** 30);
  const shutdown = createShutdown({ logger, timeoutMs: operation.drainTimeout });
  shutdown.phase('work in hand', () => app.close());
  shutdown.phase('store', () => store.close());
  shutdown.phase('metadata client', () => {
    clearInterval(alive);
    collection.close();
  });
  shutdown.listen();
  logger.info('gc is ready');
}

quietGrpc();
try {
  await main(readConfig(process.env));
} catch (error) {
  process.stderr.write(`gc cannot start: ${describeFailure(error)}\n`);
  process.exit(1);
}
