import { randomBytes } from 'node:crypto';
import { BLOB_START, type BlobKey, type BlobRange, blobKey, MemoryBlobStore } from '@lading/blob-store';
import { uuidV7 } from '@lading/platform';
import { BlobBytes } from './blob-bytes.js';

/** Counts how often it is read. */
class CountingStore extends MemoryBlobStore {
  reads = 0;

  override read(key: BlobKey, range?: BlobRange) {
    this.reads += 1;
    return super.read(key, range);
  }
}

async function stored(size: number): Promise<{ store: CountingStore; key: BlobKey; bytes: Buffer }> {
  const store = new CountingStore();
  const key = blobKey(uuidV7());
  const bytes = randomBytes(size);
  await store.begin(key);
  const writer = await store.append(key, BLOB_START);
  await writer.write([bytes]);
  await writer.close();
  await store.commit(key, { offset: size });
  return { store, key, bytes };
}

it('reads a small blob once, and gives any part of it', async () => {
  const { store, key, bytes } = await stored(64 * 1024);
  const reader = new BlobBytes(store);
  expect(await reader.read(key, bytes.length, 10, 20)).toEqual(bytes.subarray(10, 21));
  expect(await reader.read(key, bytes.length, 0, bytes.length - 1)).toEqual(bytes);
  expect(store.reads).toBe(1);
});

it('reads a larger blob each time, and only the part that is asked for', async () => {
  const { store, key, bytes } = await stored(64 * 1024 + 1);
  const reader = new BlobBytes(store);
  for (const start of [5, 7]) expect(await reader.read(key, bytes.length, start, 9)).toEqual(bytes.subarray(start, 10));
  expect(store.reads).toBe(2);
});

it('says that bytes of a live blob are missing', async () => {
  const reader = new BlobBytes(new MemoryBlobStore());
  await expect(reader.read(blobKey(uuidV7()), 5, 0, 4)).rejects.toThrow('missing');
});
