import type { BlobStore } from '@lading/blob-store';
import { Unavailable } from '@lading/oci';

/**
 * Refuses bytes that there is no room for, before they come.
 *
 * @param bytes what the client announced.
 * @throws Unavailable with `Retry-After: 60`, because clients send a refused layer again and again.
 */
export async function assertRoom(store: BlobStore, bytes = 0): Promise<void> {
  const free = await store.freeBytes();
  if (free !== undefined && free <= bytes)
    throw new Unavailable('the registry has no room for more bytes at the moment');
}
