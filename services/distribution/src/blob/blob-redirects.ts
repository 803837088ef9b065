import { type BlobKey, type BlobStore, isBlobRedirector } from '@lading/blob-store';
import { IpNetworks } from '@lading/platform';
import type { V2Request } from '../v2/v2-request.js';

/** Decides which reads of a blob are answered with an address in the store (BLOB-13). */
export class BlobRedirects {
  private readonly clients: IpNetworks;

  /**
   * @param networks of the clients that are redirected
   * @param ttlMs how long an address works, milliseconds
   */
  constructor(
    private readonly store: BlobStore,
    networks: readonly string[],
    private readonly ttlMs: number,
  ) {
    this.clients = new IpNetworks(networks);
  }

  /**
   * Undefined where the bytes are to be sent from here: by the setting, and where the client names our validator in
   * `If-Range`, which the store does not know (BLOB-10).
   */
  async addressFor(request: V2Request, key: BlobKey): Promise<string | undefined> {
    if (request.header('if-range') !== undefined || !this.clients.has(request.client.address)) return undefined;
    return isBlobRedirector(this.store) ? this.store.addressOf(key, this.ttlMs) : undefined;
  }
}
