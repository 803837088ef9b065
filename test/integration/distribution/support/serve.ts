import { MemoryBlobStore } from '@lading/blob-store';
import { createDistributionApp } from '@lading/distribution';
import { closeFront, createFront, createLogger, listenOn } from '@lading/platform';
import type { AuthPort } from '@lading/rpc';
import type { Registry } from '../../metadata/support/registry.js';

/** `distribution` over HTTP on a registry's own metadata, with what the spec lays down of `auth`. Its close ends both. */
export async function serve(registry: Registry, auth: Partial<AuthPort>) {
  const { uploads, blobs, manifests } = registry;
  const { app, listener } = await createDistributionApp({
    ...{ uploads, blobs, manifests, auth: auth as AuthPort, store: new MemoryBlobStore() },
    logger: createLogger({ service: 'spec', level: 'fatal' }),
    settings: {
      challenge: 'bearer',
      manifestLimit: 4096,
      sparse: 'off',
      pullEvents: 'off',
      redirect: [],
      redirectTtlMs: 60_000,
      publicUrl: undefined,
      trustedProxies: [],
    },
  });
  const server = createFront([{ prefixes: ['/v2'], listener }]);
  const url = `http://127.0.0.1:${await listenOn(server, '127.0.0.1', 0)}`;
  const close = async () => {
    server.closeAllConnections();
    await closeFront(server);
    await app.close();
    await registry.close();
  };
  return { url, close };
}
