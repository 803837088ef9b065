import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { blobKey } from './blob-key.js';
import { BlobTruncated } from './blob-store.errors.js';
import { FileBlobStream } from './file-blob-stream.js';
import { BlockPool } from './hashing/block-pool.js';

const KEY = blobKey('0190a0a0-0000-7000-8000-000000000001');
const BYTES = randomBytes(10_001);
const dir = mkdtempSync(join(tmpdir(), 'file-blob-stream-'));
const path = join(dir, 'blob');

beforeEach(() => writeFileSync(path, BYTES));
afterAll(() => rmSync(dir, { recursive: true }));

async function streamOf(start: number, length: number, blocks = new BlockPool(1024, 8)) {
  const file = await open(path, 'r');
  return { file, stream: new FileBlobStream(KEY, file, start, length, { readBytes: 4096, blocks }) };
}

/** Looks at each piece only when it says that it is done with it, as a socket whose kernel buffer is full does. */
function slowSink(take: (piece: Buffer) => void): Writable {
  return new Writable({
    highWaterMark: 1,
    write: (piece: Buffer, _encoding, done) => {
      setImmediate(() => setImmediate(() => done(void take(piece) as undefined)));
    },
  });
}

it.each([
  [0, 10_001],
  [5, 1024],
  [1000, 2048],
  [10_000, 1],
])('sends the bytes from %i on, %i of them, to a reader that is slower than the disk', async (start, length) => {
  const pieces: Buffer[] = [];
  const sink = slowSink((piece) => pieces.push(Buffer.from(piece)));
  const { stream } = await streamOf(start, length);
  const finished = once(sink, 'finish');
  await stream.sendTo(sink);
  await finished;
  expect(Buffer.concat(pieces)).toEqual(BYTES.subarray(start, start + length));
});

it('uses its two blocks again', async () => {
  const pool = new BlockPool(1024, 8);
  const take = jest.spyOn(pool, 'take');
  for (let round = 0; round < 2; round += 1) await (await streamOf(0, 10_001, pool)).stream.sendTo(slowSink(() => {}));
  expect(new Set(take.mock.results.map(({ value }) => value)).size).toBe(2);
});

it('ends quietly and closes the file when the reader goes away, and then gives no block back', async () => {
  const pool = new BlockPool(1024, 8);
  const give = jest.spyOn(pool, 'give');
  const { file, stream } = await streamOf(0, 10_001, pool);
  const sink = slowSink(() => sink.destroy());
  const closed = once(stream, 'close');
  await stream.sendTo(sink);
  await closed;
  expect(file.fd).toBe(-1);
  expect(give).not.toHaveBeenCalled();
});

it('says that bytes are missing, and does not end the destination as if all had come', async () => {
  truncateSync(path, 5_000);
  const { stream } = await streamOf(0, 10_001);
  const sink = slowSink(() => {});
  await expect(stream.sendTo(sink)).rejects.toThrow(BlobTruncated);
  expect(sink.writableEnded).toBe(false);
});
