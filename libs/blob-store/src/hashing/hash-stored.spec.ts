import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { blobKey } from '../blob-key.js';
import { BlobNotFound, BlobTruncated } from '../blob-store.errors.js';
import { MemoryBlobStore } from '../memory-blob-store.js';
import { BlockPool } from './block-pool.js';
import { hashStored } from './hash-stored.js';
import { HashThreadPool } from './hash-thread-pool.js';
import { inlineHashers } from './inline-hasher.js';

const bytes = randomBytes(300_000);
const key = blobKey(randomUUID());
const store = new MemoryBlobStore();
beforeAll(async () => {
  await store.begin(key);
  await (await store.append(key, 0)).write([bytes]);
});

describe('hashing stored bytes again', () => {
  it.each([0, 1, 65_536, 65_537, 299_999])('takes in the first %d bytes and can take the rest', async (size) => {
    const pool = new HashThreadPool();
    for (const hashers of [inlineHashers, pool]) {
      const hasher = await hashStored(store, key, size, 'sha256', { hashers });
      await hasher.update([bytes.subarray(size)]);
      expect(await hasher.digest()).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
    await pool.close();
  });

  it('fails when bytes are missing', async () => {
    await expect(hashStored(store, key, 300_001, 'sha512')).rejects.toThrow(BlobTruncated);
    await expect(hashStored(store, blobKey(randomUUID()), 1, 'sha512')).rejects.toThrow(BlobNotFound);
  });

  it('stops when it is aborted', async () => {
    const signal = AbortSignal.abort(new Error('the client went away'));
    await expect(hashStored(store, key, 300_000, 'sha256', { signal })).rejects.toThrow('the client went away');
  });
});

describe('a pool of blocks', () => {
  it('gives shared memory, and the same block again', () => {
    const pool = new BlockPool(4096, 1);
    const [one, two] = [pool.take(), pool.take()];
    expect(one.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(one).not.toBe(two);
    pool.give(one);
    pool.give(two);
    expect(pool.take()).toBe(one);
    expect(pool.take()).not.toBe(two);
    expect(() => pool.give(two.subarray(1))).toThrow(RangeError);
  });
});
