import { MemoryBlobStore } from '@lading/blob-store';
import { closeFront, createFront, createLogger, listenOn } from '@lading/platform';
import type { AuthPort, BlobPort, ManifestPort, UploadPort } from '@lading/rpc';
import type { DistributionParts } from './compose-handler.js';
import { createDistributionApp } from './create-distribution-app.js';
import type { DistributionSettings } from './settings.js';

export interface SpecParts extends Partial<Pick<DistributionParts, 'store' | 'logger'>> {
  uploads?: Partial<UploadPort>;
  auth: Partial<AuthPort>;
  settings?: Partial<DistributionSettings>;
}

export interface SpecDistribution {
  port: number;
  close(): Promise<void>;
}

/** `distribution` on a port of its own, for this package's specs, with as much of the services behind it as a spec lays down. */
export async function serveDistribution({ uploads, auth, settings, ...parts }: SpecParts): Promise<SpecDistribution> {
  const { app, listener } = await createDistributionApp({
    uploads: (uploads ?? {}) as UploadPort,
    blobs: {} as BlobPort,
    manifests: {} as ManifestPort,
    auth: auth as AuthPort,
    store: new MemoryBlobStore(),
    logger: createLogger({ service: 'spec', level: 'fatal' }),
    ...parts,
    settings: {
      challenge: 'bearer',
      pullEvents: 'off',
      manifestLimit: 4096,
      sparse: 'off',
      redirect: [],
      redirectTtlMs: 60_000,
      publicUrl: undefined,
      trustedProxies: [],
      ...settings,
    },
  });
  const server = createFront([{ prefixes: ['/v2'], listener }]);
  const port = await listenOn(server, '127.0.0.1', 0);
  const close = async () => {
    server.closeAllConnections();
    await closeFront(server);
    await app.close();
  };
  return { port, close };
}
