import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  type BlobRange,
  type HashAlgorithm,
  HasherLost,
  type Hashers,
  HashThreadPool,
  inlineHashers,
  MemoryBlobStore,
} from '@lading/blob-store';
import type { Upload } from '@lading/proto';
import fc from 'fast-check';
import { SessionHashes } from './session-hashes.js';

const PIECE = 64 * 1024;
const BYTES = randomBytes(16 * PIECE);
const OBJECT = '00000000-0000-7000-8000-000000000002';
const ID = '00000000-0000-4000-8000-000000000001';

const at = (offset: number) => ({ uploadId: ID, objectId: OBJECT, offset }) as Upload;
const hexOf = (size: number, algorithm: HashAlgorithm = 'sha256') =>
  createHash(algorithm).update(BYTES.subarray(0, size)).digest('hex');

/** Counts the bytes it gives to read, piece by piece, each when the gate lets it through. */
class CountingStore extends MemoryBlobStore {
  given = 0;
  gate: Promise<void> = Promise.resolve();

  override async read(_: unknown, range?: BlobRange): Promise<Readable> {
    const { start, end } = range as BlobRange;
    return Readable.from(this.pieces(start, end + 1), { objectMode: true, highWaterMark: 1 });
  }

  private async *pieces(start: number, end: number): AsyncGenerator<Buffer> {
    for (let from = start; from < end; from += PIECE) {
      await this.gate;
      const piece = BYTES.subarray(from, Math.min(end, from + PIECE));
      this.given += piece.length;
      yield piece;
    }
  }
}

/** Hashers that count those which nobody ended. */
function countedHashers(): Hashers & { open: number } {
  const counted = {
    open: 0,
    create(algorithm: HashAlgorithm) {
      return counting(inlineHashers.create(algorithm));
    },
  };
  const counting = (hasher: ReturnType<Hashers['create']>): ReturnType<Hashers['create']> => {
    counted.open += 1;
    let ended = false;
    const end = () => {
      if (!ended) counted.open -= 1;
      ended = true;
    };
    return {
      algorithm: hasher.algorithm,
      update: (chunks) => hasher.update(chunks),
      snapshot: () => counting(hasher.snapshot()),
      digest: () => {
        end();
        return hasher.digest();
      },
      discard: end,
    };
  };
  return counted;
}

/** Until whatever can go on has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

let store: CountingStore;
let hashers: ReturnType<typeof countedHashers>;
let hashes: SessionHashes;
beforeEach(() => {
  store = new CountingStore();
  hashers = countedHashers();
  hashes = new SessionHashes(store, hashers);
});

it('reads the bytes of a session again once, however many requests fail', async () => {
  const size = 8 * PIECE;
  for (let request = 0; request < 20; request += 1) {
    const hash = hashes.take(at(size), 'sha256');
    await hash.take(size, [BYTES.subarray(size, size + 10)]);
    hash.discard();
    if (request % 5 === 0) await settled();
  }
  expect(await hashes.take(at(size), 'sha256', 0).digest(size)).toBe(hexOf(size));
  expect(store.given).toBe(size);
  hashes.drop(ID);
  expect(hashers.open).toBe(0);
});

it('does not read again what a chunk that failed had taken in before', async () => {
  const first = hashes.take(at(0), 'sha256');
  await first.take(0, [BYTES.subarray(0, PIECE)]);
  hashes.keep(ID, PIECE, first);
  const refused = hashes.take(at(PIECE), 'sha256');
  await refused.take(PIECE, [BYTES.subarray(7 * PIECE, 8 * PIECE)]);
  refused.discard();
  const second = hashes.take(at(PIECE), 'sha256');
  await second.take(PIECE, [BYTES.subarray(PIECE, 2 * PIECE)]);
  hashes.keep(ID, 2 * PIECE, second);
  expect(await hashes.take(at(2 * PIECE), 'sha256', 0).digest(2 * PIECE)).toBe(hexOf(2 * PIECE));
  expect(store.given).toBe(0);
});

it('goes on reading while chunks are added, and begins nothing anew', async () => {
  let open = () => {};
  store.gate = new Promise((resolve) => {
    open = resolve;
  });
  let overtaken: Promise<string> | undefined;
  for (let offset = 4 * PIECE; offset < 8 * PIECE; offset += PIECE) {
    overtaken = hashes.take(at(offset), 'sha256', 0).digest(offset);
    overtaken.catch(() => undefined);
    const hash = hashes.take(at(offset), 'sha256');
    await hash.take(offset, [BYTES.subarray(offset, offset + PIECE)]);
    hashes.keep(ID, offset + PIECE, hash);
  }
  const last = hashes.take(at(8 * PIECE), 'sha256', 0).digest(8 * PIECE);
  open();
  expect(await last).toBe(hexOf(8 * PIECE));
  await expect(overtaken).rejects.toThrow('took this upload over');
  expect(store.given).toBe(8 * PIECE);
});

it('reads once for all that close with another algorithm', async () => {
  const size = 8 * PIECE;
  const closing = Array.from({ length: 10 }, () => hashes.take(at(size), 'sha512', 0).digest(size));
  expect(new Set(await Promise.all(closing))).toEqual(new Set([hexOf(size, 'sha512')]));
  expect(store.given).toBe(size);
});

it('stops reading for a session that ended, and frees what it held', async () => {
  let open = () => {};
  store.gate = new Promise((resolve) => {
    open = resolve;
  });
  const waiting = hashes.take(at(16 * PIECE), 'sha256', 0).digest(16 * PIECE);
  const refused = expect(waiting).rejects.toThrow('took this upload over');
  hashes.drop(ID);
  open();
  await refused;
  await settled();
  expect(store.given).toBeLessThan(8 * PIECE);
  expect(hashers.open).toBe(0);
});

it('hashes the stored bytes again when the thread that held the state is lost', async () => {
  const pool = new HashThreadPool(1);
  const lost = pool.create('sha256');
  await pool.close();
  await expect((async () => lost.update([BYTES]))()).rejects.toThrow(HasherLost);
  let made = 0;
  const failing: Hashers = {
    create: (algorithm) => {
      made += 1;
      return made === 1 ? lost : inlineHashers.create(algorithm);
    },
  };
  const hash = new SessionHashes(store, failing).take(at(0), 'sha256');
  await hash.take(0, [BYTES.subarray(0, PIECE)]);
  expect(await hash.digest(PIECE)).toBe(hexOf(PIECE));
});

/** A request takes the hash and feeds what it carries; then it is refused, or its bytes are recorded. */
const request = fc.record({
  bytes: fc.integer({ min: 0, max: 2 * PIECE }),
  recorded: fc.boolean(),
  /** How many turns of the event loop pass before it takes the hash, before its bytes come, and in the middle of them. */
  turns: fc.tuple(...[3, 20, 20].map((max) => fc.nat({ max }))),
  /** Whether an older request still holds a hash that it fed with other bytes, and gives it up later. */
  older: fc.boolean(),
});

it('is right at last whatever requests there were, and reads no byte twice', async () => {
  const turn = async (turns = 0) => {
    for (let n = 0; n < turns; n += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const first = fc.integer({ min: 0, max: 6 * PIECE });
  await fc.assert(
    fc.asyncProperty(first, fc.array(request, { maxLength: 5 }), async (stored, requests) => {
      [store, hashers] = [new CountingStore(), countedHashers()];
      hashes = new SessionHashes(store, hashers);
      let offset = stored;
      for (const { bytes, recorded, turns, older } of requests) {
        await turn(turns[0]);
        const overtaken = older ? hashes.take(at(offset), 'sha256') : undefined;
        const hash = hashes.take(at(offset), 'sha256');
        await turn(turns[1]);
        await overtaken?.take(offset, [BYTES.subarray(0, 100)]);
        const half = offset + (bytes >> 1);
        await hash.take(offset, [BYTES.subarray(offset, half)]);
        await turn(turns[2]);
        await hash.take(half, [BYTES.subarray(half, offset + bytes)]);
        if (recorded) hashes.keep(ID, offset + bytes, hash);
        else hash.discard();
        overtaken?.discard();
        if (recorded) offset += bytes;
      }
      expect(await hashes.take(at(offset), 'sha256', 0).digest(offset)).toBe(hexOf(offset));
      expect(store.given).toBeLessThanOrEqual(offset);
      hashes.drop(ID);
      await settled();
      expect(hashers.open).toBe(0);
    }),
    { numRuns: 600 },
  );
});
