import { randomUUID } from 'node:crypto';
import { blobKey } from '../blob-key.js';
import { BlobExists, BlobNotFound } from '../blob-store.errors.js';
import { BLOB_START, type BlobStore } from '../blob-store.port.js';

/** What a store that has an object from `begin` on can tell beside the contract of all. */
export function localStoreContract(make: () => Promise<BlobStore>): void {
  it('makes an object only once', async () => {
    const store = await make();
    const key = blobKey(randomUUID());
    const results = await Promise.allSettled([store.begin(key), store.begin(key), store.begin(key)]);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(2);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(BlobExists);
    const writer = await store.append(key, BLOB_START);
    await writer.write([Buffer.from('kept')]);
    await store.commit(key, await writer.seal());
    await expect(store.begin(key)).rejects.toThrow(BlobExists);
    expect(String(await store.read(key))).toBe('kept');
    await store.delete(key);
    await expect(store.append(key, BLOB_START)).rejects.toThrow(BlobNotFound);
    await store.close();
  });
}
