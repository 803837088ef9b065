import { mkdirSync } from 'node:fs';
import { openBlobStore } from '@lading/blob-store';
import {
  closeFront,
  createFront,
  createLogger,
  createShutdown,
  IpNetworks,
  listenOn,
  metricsListener,
  processMetrics,
  s3OptionsOf,
} from '@lading/platform';
import { AuthServiceService, BlobServiceService, ManifestServiceService, UploadServiceService } from '@lading/proto';
import {
  type AuthPort,
  type BlobPort,
  createGrpcClient,
  describeFailure,
  type ManifestPort,
  quietGrpc,
  type UploadPort,
} from '@lading/rpc';
import { type DistributionConfig, readConfig } from './config.js';
import { createDistributionApp } from './create-distribution-app.js';

function connect({ metadataUrl, authUrl }: DistributionConfig['grpc']) {
  return {
    uploads: createGrpcClient<UploadPort>(UploadServiceService, { address: metadataUrl }),
    blobs: createGrpcClient<BlobPort>(BlobServiceService, { address: metadataUrl }),
    manifests: createGrpcClient<ManifestPort>(ManifestServiceService, { address: metadataUrl }),
    auth: createGrpcClient<AuthPort>(AuthServiceService, { address: authUrl }),
  };
}

async function main({ http, data, blobs, grpc, distribution, operation }: DistributionConfig): Promise<void> {
  const logger = createLogger({ service: 'distribution', level: operation.logLevel });
  const clients = connect(grpc);
  mkdirSync(data.dir, { recursive: true });
  const store = await openBlobStore(data.dir, s3OptionsOf(blobs));
  const { publicUrl, trustedProxies } = http;
  const { redirect, redirectTtl: redirectTtlMs } = blobs;
  const settings = { ...distribution, redirect, redirectTtlMs, publicUrl, trustedProxies };
  const { app, listener } = await createDistributionApp({ ...clients, store, logger, settings });
  const access = { token: operation.metricsToken, trustedProxies: new IpNetworks(http.trustedProxies) };
  const server = createFront([
    { prefixes: ['/v2'], listener },
    { prefixes: ['/metrics'], listener: metricsListener([processMetrics(logger)], access), smallBodies: true },
  ]);
  const port = await listenOn(server, http.host, http.port);
  const shutdown = createShutdown({ logger, timeoutMs: operation.drainTimeout });
  shutdown.phase('requests', () => closeFront(server));
  shutdown.phase('application', () => app.close());
  shutdown.phase('store', () => store.close());
  shutdown.phase('clients', () => {
    for (const client of Object.values(clients)) client.close();
  });
  shutdown.listen();
  logger.info({ host: http.host, port }, 'distribution is ready');
}

quietGrpc();
try {
  await main(readConfig(process.env));
} catch (error) {
  process.stderr.write(`distribution cannot start: ${describeFailure(error)}\n`);
  process.exit(1);
}
