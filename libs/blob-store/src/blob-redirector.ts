import type { BlobKey } from './blob-key.js';
import type { BlobStore } from './blob-store.port.js';

/** A store that lets clients read from itself, without passing the bytes on. */
export abstract class BlobRedirector {
  /**
   * An address that gives the committed object's bytes, as `application/octet-stream`, to whoever has it. It takes GET,
   * with or without Range, and no `Authorization`.
   *
   * @param ttlMs how long it works, milliseconds; whole seconds, up to 7 days
   */
  abstract addressOf(key: BlobKey, ttlMs: number): Promise<string>;
}

/** Whether this store has the ability; not every one has. */
export function isBlobRedirector(store: BlobStore): store is BlobStore & BlobRedirector {
  return 'addressOf' in store;
}
