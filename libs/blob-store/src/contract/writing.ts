import fc from 'fast-check';
import { BlobTruncated, BlobWriterClosed } from '../blob-store.errors.js';
import { BLOB_START, type BlobProgress } from '../blob-store.port.js';
import { newKey, type Read, type Store } from './support.js';

export function writing(store: Store, read: Read): void {
  it('writes all chunks in order, empty ones among them', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    await writer.write([Buffer.from('one '), Buffer.alloc(0), Buffer.from('two ')]);
    await writer.write([]);
    await writer.write([new Uint8Array(new SharedArrayBuffer(2)).fill(33)]);
    expect(writer.offset).toBe(10);
    await writer.sync();
    await store().commit(key, await writer.seal());
    expect((await read(key)).toString()).toBe('one two !!');
  });

  it('takes its own copy of the chunks of a write that ended', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    const block = Buffer.from('first');
    await writer.write([block]);
    block.write('SECND');
    await writer.write([block]);
    block.fill(0);
    await store().commit(key, await writer.seal());
    expect((await read(key)).toString()).toBe('firstSECND');
  });

  it('carries out writes in the order of the calls when nobody awaits them', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    const letters = [...'abcdefghijklmnop'];
    await Promise.all(letters.map((letter) => writer.write([Buffer.from(letter)])));
    await store().commit(key, await writer.seal());
    expect((await read(key)).toString()).toBe(letters.join(''));
  });

  it('continues where the recorded progress ends and cuts off what lies beyond it', async () => {
    const key = newKey();
    await store().begin(key);
    const first = await store().append(key, BLOB_START);
    await first.write([Buffer.from('recorded')]);
    const recorded = await first.sync();
    expect(recorded.offset).toBe(8);
    await first.write([Buffer.from(', not recorded')]);
    await first.sync();
    const writer = await store().append(key, recorded);
    expect(writer.offset).toBe(8);
    await writer.write([Buffer.from('!')]);
    await store().commit(key, await writer.seal());
    expect((await read(key)).toString()).toBe('recorded!');
  });

  it('checkpoints no more than was written, and continues there', async () => {
    const key = newKey();
    await store().begin(key);
    const first = await store().append(key, BLOB_START);
    await first.write([Buffer.from('0123456789')]);
    const recorded = await first.checkpoint();
    expect(recorded.offset).toBeLessThanOrEqual(10);
    const writer = await store().append(key, recorded);
    await writer.write([Buffer.from('0123456789').subarray(recorded.offset)]);
    await store().commit(key, await writer.seal());
    expect((await read(key)).toString()).toBe('0123456789');
  });

  it('refuses to continue behind the last byte, since recorded bytes would be missing', async () => {
    const key = newKey();
    await store().begin(key);
    const writer = await store().append(key, BLOB_START);
    await writer.write([Buffer.from('four')]);
    const recorded = await writer.sync();
    await expect(store().append(key, { ...recorded, offset: 5 })).rejects.toThrow(BlobTruncated);
    await expect(store().append(key, { offset: -1 })).rejects.toThrow(RangeError);
    await store().delete(key);
  });

  it('lets the newest writer win', async () => {
    const key = newKey();
    await store().begin(key);
    const older = await store().append(key, BLOB_START);
    await older.write([Buffer.from('old')]);
    const newer = await store().append(key, BLOB_START);
    await expect(older.write([Buffer.from('late')])).rejects.toThrow(BlobWriterClosed);
    await older.close();
    await newer.write([Buffer.from('new')]);
    await store().commit(key, await newer.seal());
    expect((await read(key)).toString()).toBe('new');
  });

  it('leaves one writer of several that are opened at once', async () => {
    const key = newKey();
    await store().begin(key);
    const writers = await Promise.all(Array.from({ length: 5 }, () => store().append(key, BLOB_START)));
    const writes = await Promise.allSettled(
      writers.map((writer) => writer.write([Buffer.from('x')]).then(() => writer)),
    );
    const written = writes.filter((write) => write.status === 'fulfilled');
    expect(written).toHaveLength(1);
    for (const { value } of written) await store().commit(key, await value.seal());
    expect((await read(key)).toString()).toBe('x');
  });

  it('keeps concurrent writers of different keys apart', async () => {
    const blobs = Array.from({ length: 16 }, (_, index) => ({ key: newKey(), bytes: Buffer.alloc(50_000, index) }));
    await Promise.all(
      blobs.map(async ({ key, bytes }) => {
        await store().begin(key);
        const writer = await store().append(key, BLOB_START);
        for (let at = 0; at < bytes.byteLength; at += 5000) await writer.write([bytes.subarray(at, at + 5000)]);
        await store().commit(key, await writer.seal());
      }),
    );
    for (const { key, bytes } of blobs) expect((await read(key)).equals(bytes)).toBe(true);
  });

  it('writes and resumes at random like an array in memory, where only recorded bytes count', async () => {
    const how = fc.constantFrom('sync', 'checkpoint', 'sync twice', 'sync unrecorded', 'crash');
    const step = fc.record({ how, bytes: fc.uint8Array({ maxLength: 3000 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const key = newKey();
        await store().begin(key);
        let recorded: BlobProgress = BLOB_START;
        let expected = Buffer.alloc(0);
        for (const { how, bytes } of steps) {
          const writer = await store().append(key, recorded);
          await writer.write([bytes.subarray(0, 7), bytes.subarray(7)]);
          const written = Buffer.concat([expected, bytes]);
          if (how === 'crash') continue;
          let progress = await (how === 'checkpoint' ? writer.checkpoint() : writer.sync());
          if (how === 'sync twice') {
            await writer.write([bytes]);
            progress = await writer.sync();
          }
          if (how === 'sync unrecorded') continue;
          recorded = progress;
          expected = (how === 'sync twice' ? Buffer.concat([written, bytes]) : written).subarray(0, progress.offset);
          await writer.close();
        }
        const last = await store().append(key, recorded);
        await store().commit(key, await last.seal());
        expect((await read(key)).equals(expected)).toBe(true);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
}
