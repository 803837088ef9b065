import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { type BlobKey, blobKey } from './blob-key.js';
import {
  BlobCommitted,
  BlobExists,
  BlobNotFound,
  BlobSizeMismatch,
  BlobTruncated,
  BlobWriterClosed,
  InvalidBlobKey,
} from './blob-store.errors.js';
import type { BlobBody, BlobRange, BlobStore } from './blob-store.port.js';

/** A store for one test, and how to remove it. */
export interface StoreUnderTest {
  readonly store: BlobStore;
  dispose(): Promise<void>;
}

const newKey = (): BlobKey => blobKey(randomUUID());

async function bytesOf(body: BlobBody): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function put(store: BlobStore, key: BlobKey, bytes: Uint8Array): Promise<void> {
  await store.begin(key);
  const writer = await store.append(key, 0);
  await writer.write([bytes]);
  await writer.close();
  await store.commit(key, bytes.byteLength);
}

async function keysOf(store: BlobStore, after?: BlobKey): Promise<BlobKey[]> {
  const keys: BlobKey[] = [];
  for await (const { key } of store.list(after)) keys.push(key);
  return keys;
}

/** What every blob store does. Each adapter's spec runs it with a `make` that gives a new, empty store. */
export function blobStoreContract(name: string, make: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of a blob store`, () => {
    let underTest: StoreUnderTest;
    let store: BlobStore;
    beforeEach(async () => {
      underTest = await make();
      store = underTest.store;
    });
    afterEach(() => underTest.dispose());

    const read = async (key: BlobKey, range?: BlobRange) => bytesOf(await store.read(key, range));

    writing(() => store, read);
    ending(() => store, read);
    reading(() => store, read);
    listing(() => store);
    refusing(() => store);
  });
}

type Store = () => BlobStore;
type Read = (key: BlobKey, range?: BlobRange) => Promise<Buffer>;

function writing(store: Store, read: Read): void {
  it('writes all chunks in order, empty ones among them', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, 0);
    await writer.write([Buffer.from('one '), Buffer.alloc(0), Buffer.from('two ')]);
    await writer.write([]);
    await writer.write([new Uint8Array(new SharedArrayBuffer(2)).fill(33)]);
    expect(writer.offset).toBe(10);
    await writer.sync();
    await store().commit(key, 10);
    expect((await read(key)).toString()).toBe('one two !!');
  });

  it('carries out writes in the order of the calls when nobody awaits them', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, 0);
    const letters = [...'abcdefghijklmnop'];
    await Promise.all(letters.map((letter) => writer.write([Buffer.from(letter)])));
    await store().commit(key, letters.length);
    expect((await read(key)).toString()).toBe(letters.join(''));
  });

  it('continues at an offset and cuts off what lies beyond it', async () => {
    const key = newKey();
    await store().begin(key);
    await (await store().append(key, 0)).write([Buffer.from('recorded, not recorded')]);
    const writer = await store().append(key, 8);
    expect(writer.offset).toBe(8);
    await writer.write([Buffer.from('!')]);
    await store().commit(key, 9);
    expect((await read(key)).toString()).toBe('recorded!');
  });

  it('refuses to continue behind the last byte, since recorded bytes would be missing', async () => {
    const key = newKey();
    await store().begin(key);
    await (await store().append(key, 0)).write([Buffer.from('four')]);
    await expect(store().append(key, 5)).rejects.toThrow(BlobTruncated);
    await expect(store().append(key, -1)).rejects.toThrow(RangeError);
    await expect(store().append(newKey(), 0)).rejects.toThrow(BlobNotFound);
    await store().cancel(key);
  });

  it('makes an object only once', async () => {
    const key = newKey();
    const results = await Promise.allSettled([store().begin(key), store().begin(key), store().begin(key)]);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(2);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(BlobExists);
    await (await store().append(key, 0)).write([Buffer.from('kept')]);
    await store().commit(key, 4);
    await expect(store().begin(key)).rejects.toThrow(BlobExists);
    expect((await read(key)).toString()).toBe('kept');
  });

  it('lets the newest writer win', async () => {
    const key = newKey();
    await store().begin(key);
    const older = await store().append(key, 0);
    await older.write([Buffer.from('old')]);
    const newer = await store().append(key, 0);
    await expect(older.write([Buffer.from('late')])).rejects.toThrow(BlobWriterClosed);
    await older.close();
    await newer.write([Buffer.from('new')]);
    await store().commit(key, 3);
    expect((await read(key)).toString()).toBe('new');
  });

  it('leaves one writer of several that are opened at once', async () => {
    const key = newKey();
    await store().begin(key);
    const writers = await Promise.all(Array.from({ length: 5 }, () => store().append(key, 0)));
    const writes = await Promise.allSettled(writers.map((writer) => writer.write([Buffer.from('x')])));
    expect(writes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await store().commit(key, 1);
  });

  it('keeps concurrent writers of different keys apart', async () => {
    const blobs = Array.from({ length: 16 }, (_, index) => ({ key: newKey(), bytes: Buffer.alloc(50_000, index) }));
    await Promise.all(
      blobs.map(async ({ key, bytes }) => {
        await store().begin(key);
        const writer = await store().append(key, 0);
        for (let at = 0; at < bytes.byteLength; at += 5000) await writer.write([bytes.subarray(at, at + 5000)]);
        await store().commit(key, bytes.byteLength);
      }),
    );
    for (const { key, bytes } of blobs) expect((await read(key)).equals(bytes)).toBe(true);
  });

  it('writes and resumes at random like an array in memory', async () => {
    const step = fc.record({ back: fc.nat(3000), bytes: fc.uint8Array({ maxLength: 3000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const key = newKey();
        await store().begin(key);
        let expected = Buffer.alloc(0);
        for (const { back, bytes } of steps) {
          const offset = Math.max(0, expected.byteLength - back);
          await (await store().append(key, offset)).write([bytes.subarray(0, 7), bytes.subarray(7)]);
          expected = Buffer.concat([expected.subarray(0, offset), bytes]);
        }
        await store().commit(key, expected.byteLength);
        expect((await read(key)).equals(expected)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });
}

function ending(store: Store, read: Read): void {
  it('keeps an object of no bytes', async () => {
    const key = newKey();
    await store().begin(key);
    await store().commit(key, 0);
    expect(await read(key)).toHaveLength(0);
    expect(await keysOf(store())).toEqual([key]);
  });

  it('refuses to commit another size, and commits the right one afterwards', async () => {
    const key = newKey();
    await store().begin(key);
    await (await store().append(key, 0)).write([Buffer.from('12345')]);
    for (const size of [0, 4, 6]) {
      await expect(store().commit(key, size)).rejects.toMatchObject({ expected: size, actual: 5 });
    }
    await store().commit(key, 5);
    await expect(store().commit(newKey(), 0)).rejects.toThrow(BlobNotFound);
  });

  it('commits again without harm, and never changes a committed object', async () => {
    const key = newKey();
    await put(store(), key, Buffer.from('final'));
    await store().commit(key, 5);
    await expect(store().commit(key, 4)).rejects.toThrow(BlobSizeMismatch);
    await expect(store().append(key, 0)).rejects.toThrow(BlobCommitted);
    await store().cancel(key);
    expect((await read(key)).toString()).toBe('final');
  });

  it.each(['commit', 'cancel', 'delete'] as const)('ends the writer at %s', async (method) => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, 0);
    await writer.write([Buffer.from('ab')]);
    await store()[method](key, 2);
    await expect(writer.write([Buffer.from('c')])).rejects.toThrow(BlobWriterClosed);
    await expect(writer.sync()).rejects.toThrow(BlobWriterClosed);
    await writer.close();
    await writer.close();
  });

  it.each(['cancel', 'delete'] as const)('%s leaves nothing, and may be repeated', async (method) => {
    const [key, other] = [newKey(), newKey()];
    await put(store(), other, Buffer.from('other'));
    await store().begin(key);
    await (await store().append(key, 0)).write([Buffer.from('abc')]);
    for (let repetition = 0; repetition < 3; repetition += 1) await store()[method](key);
    await expect(store().read(key)).rejects.toThrow(BlobNotFound);
    await expect(store().append(key, 0)).rejects.toThrow(BlobNotFound);
    await expect(store().commit(key, 3)).rejects.toThrow(BlobNotFound);
    expect(await keysOf(store())).toEqual([other]);
  });

  it('deletes a committed object', async () => {
    const key = newKey();
    await put(store(), key, Buffer.from('gone'));
    await store().delete(key);
    await store().delete(key);
    await expect(store().read(key)).rejects.toThrow(BlobNotFound);
    expect(await keysOf(store())).toEqual([]);
  });
}

function reading(store: Store, read: Read): void {
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

  it('reads what a writer wrote before it is committed', async () => {
    const key = newKey();
    await store().begin(key);
    await (await store().append(key, 0)).write([Buffer.from('so far')]);
    expect((await read(key, { start: 0, end: 5 })).toString()).toBe('so far');
    await store().cancel(key);
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

function listing(store: Store): void {
  it('lists 1,000 objects in the order of their keys, and goes on after any of them', async () => {
    const keys = Array.from({ length: 1000 }, newKey).sort();
    for (const [index, key] of keys.entries()) {
      await store().begin(key);
      if (index % 100 === 0) await (await store().append(key, 0)).write([Buffer.alloc(index)]);
      await store().commit(key, index % 100 === 0 ? index : 0);
    }
    expect(await keysOf(store())).toEqual(keys);
    for (const at of [0, 1, 499, 998, 999]) {
      expect(await keysOf(store(), keys[at])).toEqual(keys.slice(at + 1));
    }
    expect(await keysOf(store(), blobKey('00000000-0000-0000-0000-000000000000'))).toEqual(keys);
    const sizes = [];
    for await (const { size } of store().list()) if (size > 0) sizes.push(size);
    expect(sizes).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
  }, 30_000);

  it('lists nothing in an empty store, and stops when the reader does', async () => {
    expect(await keysOf(store())).toEqual([]);
    for (let count = 0; count < 3; count += 1) await put(store(), newKey(), Buffer.from('x'));
    for await (const entry of store().list()) {
      expect(entry.size).toBe(1);
      break;
    }
  });

  it('says how many bytes are free, or that it does not know', async () => {
    const free = await store().freeBytes();
    if (free !== undefined) expect(Number.isSafeInteger(free) && free >= 0).toBe(true);
  });
}

function refusing(store: Store): void {
  const id = randomUUID();
  const good = blobKey(id);
  const hostile = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('..', '../..', '/etc/passwd', 'blobs', 'blobs/', '', `${good}/..`, `/${good}`, good.toUpperCase()),
    fc.constantFrom(`${good}\n`, `${good}\0`, `blobs/../${good}`, `blobs/zz/${id}`, `blobs//${id}`, ` ${good}`),
    fc.tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 3 })).map(([at, junk]) => {
      return good.slice(0, at) + junk + good.slice(at);
    }),
    fc.constantFrom(null, undefined, 7, {}, ['blobs']),
  );

  it('refuses every key that is not made from an object id, in every method', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (value) => {
        const key = value as BlobKey;
        await expect(store().begin(key)).rejects.toThrow(InvalidBlobKey);
        await expect(store().append(key, 0)).rejects.toThrow(InvalidBlobKey);
        await expect(store().commit(key, 0)).rejects.toThrow(InvalidBlobKey);
        await expect(store().cancel(key)).rejects.toThrow(InvalidBlobKey);
        await expect(store().read(key)).rejects.toThrow(InvalidBlobKey);
        await expect(store().delete(key)).rejects.toThrow(InvalidBlobKey);
        if (key !== undefined) await expect(keysOf(store(), key)).rejects.toThrow(InvalidBlobKey);
      }),
      { numRuns: 200 },
    );
  });
}
