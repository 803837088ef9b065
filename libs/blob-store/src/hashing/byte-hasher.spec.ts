import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type HashAlgorithm, HasherLost, type Hashers } from './byte-hasher.js';
import { HashThread } from './hash-thread.js';
import { HASH_THREAD_SOURCE } from './hash-thread.source.js';
import { HashThreadPool } from './hash-thread-pool.js';
import { inlineHashers } from './inline-hasher.js';

const threads = new HashThreadPool(2);
afterAll(() => threads.close());

const hexOf = (algorithm: HashAlgorithm, ...chunks: Uint8Array[]): string =>
  chunks.reduce((hash, chunk) => hash.update(chunk), createHash(algorithm)).digest('hex');

function shared(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
  block.set(bytes);
  return block;
}

describe.each<[string, Hashers]>([
  ['inline', inlineHashers],
  ['on another thread', threads],
])('a hasher %s', (_, hashers) => {
  it('knows the digest of nothing and of abc', async () => {
    expect(await hashers.create('sha256').digest()).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const hasher = hashers.create('sha512');
    await hasher.update([Buffer.from('a'), Buffer.from('bc')]);
    expect(await hasher.digest()).toBe(
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a' +
        '2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
    );
  });

  it('gives the digest of all chunks in order, shared memory or not', async () => {
    const chunk = fc.uint8Array({ maxLength: 200 }).chain((bytes) => fc.constantFrom(bytes, shared(bytes)));
    const updates = fc.array(fc.array(chunk, { maxLength: 3 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(updates, fc.constantFrom('sha256', 'sha512'), async (all, algorithm) => {
        const hasher = hashers.create(algorithm);
        await Promise.all(all.map((chunks) => hasher.update(chunks)));
        expect(await hasher.digest()).toBe(hexOf(algorithm, ...all.flat()));
      }),
      { numRuns: 50 },
    );
  });

  it('takes a snapshot that goes its own way', async () => {
    const hasher = hashers.create('sha256');
    await hasher.update([Buffer.from('common ')]);
    const snapshot = hasher.snapshot();
    await hasher.update([Buffer.from('one')]);
    await snapshot.update([Buffer.from('two')]);
    expect(await hasher.digest()).toBe(hexOf('sha256', Buffer.from('common one')));
    expect(await snapshot.digest()).toBe(hexOf('sha256', Buffer.from('common two')));
  });

  it('takes nothing after its digest, and may be discarded at any time', async () => {
    const hasher = hashers.create('sha256');
    await hasher.digest();
    await expect(hasher.digest()).rejects.toThrow();
    await expect((async () => hasher.update([Buffer.from('late')]))()).rejects.toThrow();
    hasher.discard();
    const unwanted = hashers.create('sha256');
    unwanted.discard();
    unwanted.discard();
  });
});

describe('a hash thread', () => {
  it('works on shared memory in place', async () => {
    const thread = new HashThread(`
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', ({ chunks }) => {
        chunks[0][0] = 42;
        parentPort.postMessage({});
      });`);
    const [block, copied] = [shared(Buffer.alloc(4)), new Uint8Array(4)];
    await thread.ask({ call: 'update', state: 1, chunks: [block] });
    await thread.ask({ call: 'update', state: 1, chunks: [copied] });
    expect([block[0], copied[0]]).toEqual([42, 0]);
    await thread.close();
  });

  it.each([
    ['throws', 'throw new Error("crash")'],
    ['exits', 'process.exit(3)'],
  ])('that %s fails its hashes, and the pool starts another', async (_, crash) => {
    const sources = [
      `${HASH_THREAD_SOURCE}; calls.update = () => setImmediate(() => { ${crash} });`,
      HASH_THREAD_SOURCE,
    ];
    const pool = new HashThreadPool(1, () => new HashThread(sources.shift()));
    const [hasher, sibling] = [pool.create('sha256'), pool.create('sha256')];
    await expect(hasher.update([Buffer.from('x')])).rejects.toThrow(HasherLost);
    await expect(sibling.digest()).rejects.toThrow(HasherLost);
    await expect(hasher.snapshot().digest()).rejects.toThrow(HasherLost);
    hasher.discard();
    const next = pool.create('sha256');
    await next.update([Buffer.from('x')]);
    expect(await next.digest()).toBe(hexOf('sha256', Buffer.from('x')));
    await pool.close();
  });

  it('goes on with its other hashes after a request that failed', async () => {
    const thread = new HashThread();
    thread.tell({ call: 'create', state: 1, algorithm: 'sha256' });
    await expect(thread.ask({ call: 'update', state: 2, chunks: [Buffer.from('x')] })).rejects.toThrow(HasherLost);
    expect(await thread.ask({ call: 'digest', state: 1 })).toBe(hexOf('sha256'));
    await thread.close();
  });

  it('fails what is under way when the pool closes, and the pool makes no more', async () => {
    const pool = new HashThreadPool();
    const hasher = pool.create('sha256');
    const update = hasher.update([Buffer.alloc(1024)]);
    await Promise.all([expect(update).rejects.toThrow(HasherLost), pool.close()]);
    await pool.close();
    expect(() => pool.create('sha256')).toThrow('closed');
    expect(() => new HashThreadPool(0)).toThrow(RangeError);
  });

  it('is chosen by load, and started only when the others are busy', async () => {
    const started: HashThread[] = [];
    const pool = new HashThreadPool(2, () => {
      const thread = new HashThread();
      started.push(thread);
      return thread;
    });
    const first = pool.create('sha256');
    await first.digest();
    pool.create('sha256');
    expect(started).toHaveLength(1);
    for (let count = 0; count < 5; count += 1) pool.create('sha256');
    expect(started.map((thread) => thread.load)).toEqual([3, 3]);
    await pool.close();
  });
});
