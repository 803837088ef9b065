import { randomUUID } from 'node:crypto';
import {
  BLOB_START,
  BlobCommitted,
  type BlobKey,
  BlobNotFound,
  type BlobProgress,
  type BlobStore,
  blobKey,
  openBlobStore,
} from '@lading/blob-store';
import { blobStoreContract } from '@lading/blob-store/contract';
import { Random, runSeed } from '../support/random.js';
import { seededBytes } from '../support/seeded-bytes.js';
import { ACCESS_KEY, SECRET_KEY, Versitygw } from '../support/versitygw.js';

// The S3 adapter on a real server: the contract of all stores, and what only S3 has, parts of 5 MiB and replicas.

const MIB = 1024 * 1024;
let s3: Versitygw;
let count = 0;
beforeAll(async () => {
  s3 = await Versitygw.start();
});
afterAll(() => s3?.stop());

function newBucket(): string {
  const bucket = `bucket-${++count}`;
  s3.makeBucket(bucket);
  return bucket;
}

/** Each call opens a replica of its own. */
function open(bucket: string): Promise<BlobStore> {
  const keys = { accessKey: ACCESS_KEY, secretKey: SECRET_KEY };
  return openBlobStore('/nowhere', { endpoint: s3.url, region: 'us-east-1', bucket, ...keys });
}

async function bytesOf(store: BlobStore, key: BlobKey): Promise<Buffer> {
  const body = await store.read(key);
  if (Buffer.isBuffer(body)) return body;
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

blobStoreContract('S3BlobStore', async () => {
  const store = await open(newBucket());
  return { store, dispose: () => store.close() };
});

describe('an upload in a bucket', () => {
  let bucket: string;
  let stores: [BlobStore, BlobStore];
  let key: BlobKey;
  beforeEach(async () => {
    bucket = newBucket();
    stores = [await open(bucket), await open(bucket)];
    key = blobKey(randomUUID());
  });
  afterEach(() => Promise.all(stores.map((store) => store.close())));

  /** Writes on from a progress, and tells the next. */
  async function write(store: BlobStore, from: BlobProgress, bytes: Buffer): Promise<BlobProgress> {
    const writer = await store.append(key, from);
    for (let at = 0; at < bytes.length; at += MIB) await writer.write([bytes.subarray(at, at + MIB)]);
    const progress = await writer.sync();
    await writer.close();
    return progress;
  }
  const seal = async (store: BlobStore, from: BlobProgress) => (await store.append(key, from)).seal();

  it('goes on with each chunk on another replica, and leaves nothing but the object', async () => {
    process.stdout.write(`s3-store.spec: LADING_TEST_SEED=${runSeed}\n`);
    const random = new Random(`${runSeed} chunks on replicas`);
    const blob = seededBytes(33 * MIB + 5, 'replicas');
    let progress: BlobProgress = BLOB_START;
    for (let turn = 0; progress.offset < blob.length; turn += 1) {
      const end = Math.min(blob.length, progress.offset + random.between(1, 7 * MIB));
      progress = await write(stores[turn % 2]!, progress, blob.subarray(progress.offset, end));
      expect(progress.offset).toBe(end);
      // What a request wrote that was then lost counts for nothing.
      const lost = await stores[turn % 2]!.append(key, progress);
      await lost.write([blob.subarray(0, random.between(0, blob.length))]);
      await lost.checkpoint(); // Parts that are still on their way would come after the next request's.
      if (turn % 3 === 0) await lost.close();
    }
    const sealed = await seal(stores[1], progress);
    await stores[0].commit(key, sealed);
    expect((await bytesOf(stores[0], key)).equals(blob)).toBe(true);
    await Promise.all(stores.map((store) => store.close()));
    expect(s3.keys(bucket)).toEqual([key]);
    expect(s3.unfinished(bucket)).toEqual([]);
  });

  it('takes one request for a blob of one part, and no upload', async () => {
    const writer = await stores[0].append(key, BLOB_START);
    for (let mib = 0; mib < 5; mib += 1) await writer.write([Buffer.alloc(MIB, mib)]);
    const sealed = await writer.seal();
    expect(sealed.sealed).toBeUndefined();
    await stores[1].commit(key, sealed);
    expect((await bytesOf(stores[1], key)).length).toBe(5 * MIB);
  });

  it('records whole parts while a body runs, and the bytes behind them when it ends', async () => {
    const writer = await stores[0].append(key, BLOB_START);
    for (let mib = 0; mib < 12; mib += 1) await writer.write([Buffer.alloc(MIB, mib)]);
    const running = await writer.checkpoint();
    expect(running.offset).toBe(10 * MIB);
    expect(s3.keys(bucket)).toEqual([]);
    const ended = await writer.sync();
    expect(ended.offset).toBe(12 * MIB);
    expect(s3.keys(bucket, 'tails/')).toHaveLength(1);
    await stores[1].commit(key, await seal(stores[1], running));
    expect((await bytesOf(stores[0], key)).length).toBe(10 * MIB);
  });

  it('is the same object whoever completes what was sealed, and takes no byte more', async () => {
    const blob = seededBytes(7 * MIB, 'sealed');
    const progress = await write(stores[0], BLOB_START, blob);
    const sealed = await seal(stores[0], progress);
    await expect(stores[1].append(key, sealed)).rejects.toThrow(BlobCommitted);
    await Promise.all([0, 1, 0, 1].map((replica) => stores[replica]!.commit(key, sealed)));
    await stores[1].commit(key, sealed);
    expect((await bytesOf(stores[1], key)).equals(blob)).toBe(true);
  });

  it('cannot be written over by a request that was overtaken', async () => {
    const older = await stores[0].append(key, BLOB_START);
    await older.write([Buffer.from('older')]);
    const newer = await stores[1].append(key, BLOB_START);
    await newer.write([Buffer.from('newer')]);
    await stores[1].commit(key, await newer.seal());
    await expect(older.seal()).rejects.toThrow(BlobCommitted);
    expect(String(await stores[0].read(key))).toBe('newer');
  });

  it('is not completed with a part that an overtaken request sent', async () => {
    const started = await write(stores[0], BLOB_START, seededBytes(6 * MIB, 'started'));
    const [older, newer] = [await stores[0].append(key, started), await stores[1].append(key, started)];
    await newer.write([seededBytes(6 * MIB, 'newer')]);
    const sealed = await newer.seal();
    await older.write([seededBytes(6 * MIB, 'older')]);
    await older.sync();
    await expect(stores[1].commit(key, sealed)).rejects.toThrow(BlobNotFound);
    await expect(stores[1].read(key)).rejects.toThrow(BlobNotFound);
  });

  it('can be sealed again where the commit of a blob of one part was not recorded, tails gone or not', async () => {
    const progress = await write(stores[0], BLOB_START, Buffer.from('small'));
    await stores[0].commit(key, await seal(stores[0], progress));
    await stores[0].close();
    await expect(stores[1].append(key, progress)).rejects.toThrow(BlobCommitted);
    await stores[1].commit(key, progress);
    const again = await stores[1].append(key, BLOB_START);
    await again.write([Buffer.from('small')]);
    await stores[1].commit(key, await again.seal());
    expect(String(await stores[1].read(key))).toBe('small');
  });

  it('goes with the object, and so does what a crash left of it', async () => {
    const recorded = await write(stores[0], BLOB_START, seededBytes(8 * MIB, 'recorded'));
    const crashed = await stores[1].append(key, BLOB_START);
    await crashed.write([seededBytes(11 * MIB, 'never recorded')]);
    await crashed.sync();
    expect(s3.unfinished(bucket).length).toBeGreaterThan(0);
    await stores[0].delete(key);
    await stores[0].close();
    expect(s3.keys(bucket)).toEqual([]);
    expect(s3.unfinished(bucket)).toEqual([]);
    await expect(stores[1].append(key, recorded)).rejects.toThrow(BlobNotFound);
  });

  it('ends with its writer where nothing of it was recorded', async () => {
    const writer = await stores[0].append(key, BLOB_START);
    await writer.write([seededBytes(11 * MIB, 'given up')]);
    await writer.close();
    await stores[0].close();
    expect(s3.unfinished(bucket)).toEqual([]);
  });

  it('survives kill -9 of S3 between two writes', async () => {
    const blob = seededBytes(17 * MIB, 'killed');
    const writer = await stores[0].append(key, BLOB_START);
    await writer.write([blob.subarray(0, 9 * MIB)]);
    await writer.checkpoint();
    await s3.kill9();
    await s3.listen();
    await writer.write([blob.subarray(9 * MIB)]);
    await stores[0].commit(key, await writer.seal());
    expect((await bytesOf(stores[1], key)).equals(blob)).toBe(true);
  });
});

it('refuses a bucket that is not there, and says what to do', async () => {
  await expect(open('no-such-bucket')).rejects.toThrow(/there is no bucket "no-such-bucket" \(LADING_S3_BUCKET\)/);
});
