import { type BlobKey, type BlobStore, isBlobRedirector } from '@lading/blob-store';
import { IpNetworks } from '@lading/platform';
import type { V2Request } from '../v2/v2-request.js';

/** Decides which reads of a blob are answered with an address in the store (BLOB-13). */
export class BlobRedirects {
  private readonly clients: IpNetworks | undefined;

  /**
   * @param networks of the clients that are redirected
   * @param ttlMs how long an address works, milliseconds
   */
  constructor(
    private readonly store: BlobStore,
    networks: readonly string[],
    private readonly ttlMs: number,
  ) {
    this.clients = networks.length > 0 ? new IpNetworks(networks) : undefined;
  }

  /**
   * Undefined where the bytes are to be sent from here: by the setting, and where the client names our validator in
   * `If-Range`, which the store does not know (BLOB-10).
   */
  async addressFor(request: V2Request, key: BlobKey): Promise<string | undefined> {
    if (!this.clients?.has(request.client.address) || request.header('if-range') !== undefined) return undefined;
    return isBlobRedirector(this.store) ? this.store.addressOf(key, this.ttlMs) : undefined;
  }
}
