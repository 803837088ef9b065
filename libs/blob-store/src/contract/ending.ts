import { BlobCommitted, BlobNotFound, BlobSizeMismatch, BlobWriterClosed } from '../blob-store.errors.js';
import { BLOB_START } from '../blob-store.port.js';
import { keysOf, newKey, put, type Read, type Store } from './support.js';

export function ending(store: Store, read: Read): void {
  it('keeps an object of no bytes', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    await store().commit(key, await writer.seal());
    expect(await read(key)).toHaveLength(0);
    expect(await keysOf(store())).toEqual([key]);
  });

  it('refuses to commit another size, and commits the right one afterwards', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    await writer.write([Buffer.from('12345')]);
    const sealed = await writer.seal();
    for (const size of [0, 4, 6]) {
      await expect(store().commit(key, { ...sealed, offset: size })).rejects.toMatchObject({
        expected: size,
        actual: 5,
      });
    }
    await store().commit(key, sealed);
    await expect(store().commit(newKey(), BLOB_START)).rejects.toThrow(BlobNotFound);
  });

  it('commits again without harm, and never changes a committed object', async () => {
    const key = newKey();
    await put(store(), key, Buffer.from('final'));
    await store().commit(key, { offset: 5 });
    await expect(store().commit(key, { offset: 4 })).rejects.toThrow(BlobSizeMismatch);
    const writeLate = async () => {
      const writer = await store().append(key, BLOB_START);
      await writer.write([Buffer.from('other')]);
      await writer.seal();
    };
    await expect(writeLate()).rejects.toThrow(BlobCommitted);
    expect((await read(key)).toString()).toBe('final');
  });

  it.each(['commit', 'delete'] as const)('ends the writer at %s', async (method) => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    await writer.write([Buffer.from('ab')]);
    if (method === 'commit') await store().commit(key, await writer.seal());
    else await store().delete(key);
    await expect(writer.write([Buffer.from('c')])).rejects.toThrow(BlobWriterClosed);
    await expect(writer.sync()).rejects.toThrow(BlobWriterClosed);
    await writer.close();
    await writer.close();
  });

  it('leaves nothing of an uncommitted object at delete, which may be repeated', async () => {
    const [key, other] = [newKey(), newKey()];
    await put(store(), other, Buffer.from('other'));
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    await writer.write([Buffer.from('abc')]);
    const recorded = await writer.sync();
    for (let repetition = 0; repetition < 3; repetition += 1) await store().delete(key);
    await expect(store().read(key)).rejects.toThrow(BlobNotFound);
    await expect(store().append(key, recorded)).rejects.toThrow(BlobNotFound);
    await expect(store().commit(key, recorded)).rejects.toThrow(BlobNotFound);
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
