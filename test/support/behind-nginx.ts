import { freePort } from './free-port.js';
import { type Nginx, startNginx } from './nginx.js';
import { takeOwnAddress } from './own-address.js';
import { makePrivateCa, type PrivateCa } from './private-ca.js';
import { type Registry, startRegistry } from './registry.js';
import { removeScratch, scratch } from './scratch.js';

/** A registry behind nginx, which speaks TLS on an address that is not loopback. */
export interface BehindNginx {
  /** Reached without nginx, on loopback. */
  readonly registry: Registry;
  /** Good for the address and for `registry.test`. */
  readonly certificate: PrivateCa;
  readonly address: string;
  /** Servers in front of the same registry: as documented, and changed as `BUFFERED` and `HTTP1` say. */
  readonly sites: Readonly<Record<'h2' | 'h2-buffered' | 'h1', Nginx>>;
  stop(): Promise<void>;
}

/** With bodies that wait in nginx until they are whole. */
const BUFFERED = {
  'proxy_request_buffering off;': 'proxy_request_buffering on;',
  'proxy_buffering off;': 'proxy_buffering on;',
};
const HTTP1 = { 'ssl http2;': 'ssl;' };

/** @param publicUrl whether the registry is told its public URL, that of `sites.h2` */
export async function startBehindNginx({ publicUrl = false } = {}): Promise<BehindNginx> {
  const ends: (() => unknown)[] = [];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const dir = scratch();
    ends.push(() => removeScratch(dir));
    const { address, remove } = await takeOwnAddress();
    ends.push(remove);
    const certificate = await makePrivateCa(dir, [`IP:${address}`, 'DNS:registry.test']);
    const port = await freePort(address);
    const env = { LADING_TRUSTED_PROXIES: '127.0.0.1' };
    const registry = await startRegistry({
      ...env,
      ...(publicUrl && { LADING_PUBLIC_URL: `https://${address}:${port}` }),
    });
    ends.push(() => registry.stop());
    const common = { address, certificate, registry: registry.host };
    const h2 = await startNginx({ ...common, port });
    ends.push(() => h2.stop());
    const buffered = await startNginx({ ...common, port: await freePort(address), changes: BUFFERED });
    ends.push(() => buffered.stop());
    const h1 = await startNginx({ ...common, port: await freePort(address), changes: { ...BUFFERED, ...HTTP1 } });
    ends.push(() => h1.stop());
    return { registry, certificate, address, sites: { h2, 'h2-buffered': buffered, h1 }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
