import { randomBytes } from 'node:crypto';
import { BlobNotFound, BlobTruncated } from '../blob-store.errors.js';
import { BLOB_START } from '../blob-store.port.js';
import { bytesOf, newKey, put, type Read, type Store } from './support.js';

export function reading(store: Store, read: Read): void {
  it('reads the bytes of a range, both ends included', async () => {
    const key = newKey();
    const bytes = randomBytes(300_000);
    await put(store(), key, bytes);
    const ranges: [number, number][] = [
      [0, 0],
      [299_999, 299_999],
      [0, 65_535],
      [0, 65_536],
      [17, 200_000],
      [0, 299_999],
    ];
    for (const [start, end] of ranges) {
      expect((await read(key, { start, end })).equals(bytes.subarray(start, end + 1))).toBe(true);
    }
    expect((await read(key)).equals(bytes)).toBe(true);
  });

  it('gives a buffer up to 64 KiB and a stream above', async () => {
    const key = newKey();
    await put(store(), key, Buffer.alloc(70_000, 1));
    expect(Buffer.isBuffer(await store().read(key, { start: 4464, end: 69_999 }))).toBe(true);
    const stream = await store().read(key);
    expect(Buffer.isBuffer(stream)).toBe(false);
    await bytesOf(stream);
  });

  it.each([10, 100_000])('reports missing bytes of %d, never a short success', async (size) => {
    const key = newKey();
    await put(store(), key, Buffer.alloc(size));
    await expect(read(key, { start: 0, end: size })).rejects.toThrow(BlobTruncated);
    await expect(read(key, { start: size, end: size })).rejects.toThrow(BlobTruncated);
    await expect(read(key, { start: size + 5, end: size + 200_000 })).rejects.toThrow(BlobTruncated);
  });

  it('reads what a writer made durable before it is committed, or says that it cannot', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    await writer.write([Buffer.from('so far')]);
    await writer.sync();
    const early = read(key, { start: 0, end: 5 }).then(String);
    if (store().readsUncommitted) expect(await early).toBe('so far');
    else await expect(early).rejects.toThrow(BlobNotFound);
    await store().delete(key);
  });

  it('goes on with a body whose object is deleted meanwhile', async () => {
    const key = newKey();
    const bytes = randomBytes(5_000_000);
    await put(store(), key, bytes);
    const body = await store().read(key);
    await store().delete(key);
    expect((await bytesOf(body)).equals(bytes)).toBe(true);
  });

  it('refuses what is no range', async () => {
    const key = newKey();
    await put(store(), key, Buffer.from('abc'));
    for (const [start, end] of [
      [-1, 1],
      [2, 1],
      [0.5, 1],
      [0, Number.NaN],
      [0, Number.POSITIVE_INFINITY],
    ] as [number, number][]) {
      await expect(store().read(key, { start, end })).rejects.toThrow(RangeError);
    }
  });
}
