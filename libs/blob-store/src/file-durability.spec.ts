import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readlink, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Readable } from 'node:stream';
import { blobKey } from './blob-key.js';
import { BlobTruncated, StoreFull, StoreUnavailable } from './blob-store.errors.js';
import { FileBlobStore } from './file-blob-store.js';
import { type FileSystem, nodeFileSystem, type OpenFile } from './file-system.js';

type Fault = (call: string, path: string) => Error | 'short' | undefined;

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

/** The real file system, with every call in `calls` and a fault where `fault` says so. */
class RecordingFileSystem implements FileSystem {
  readonly calls: string[] = [];
  fault: Fault = () => undefined;
  readonly stat = nodeFileSystem.stat;
  readonly names = nodeFileSystem.names;
  readonly statfs = nodeFileSystem.statfs;

  constructor(private readonly base: string) {}

  async open(path: string, flags: string, mode?: number): Promise<OpenFile> {
    this.#note(`open:${flags}`, path);
    return this.#file(path, await nodeFileSystem.open(path, flags, mode));
  }

  async mkdir(path: string): Promise<unknown> {
    this.#note('mkdir', path);
    return nodeFileSystem.mkdir(path);
  }

  async unlink(path: string): Promise<void> {
    this.#note('unlink', path);
    return nodeFileSystem.unlink(path);
  }

  #note(call: string, path: string): Error | 'short' | undefined {
    const fault = this.fault(call, path);
    this.calls.push(`${call} ${relative(this.base, path)}`);
    if (fault instanceof Error) throw fault;
    return fault;
  }

  #file(path: string, file: OpenFile): OpenFile {
    const noted = async (call: string, make: () => Promise<void>): Promise<void> => {
      this.#note(call, path);
      await make();
    };
    return {
      writev: async (chunks, position) => {
        const short = this.#note('write', path) === 'short';
        return file.writev(short ? [(chunks[0] as Uint8Array).subarray(0, 3)] : chunks, position);
      },
      read: (...args) => file.read(...args),
      stat: () => file.stat(),
      truncate: (length) => noted(`truncate:${length}`, () => file.truncate(length)),
      chmod: (mode) => noted('chmod', () => file.chmod(mode)),
      datasync: () => noted('datasync', () => file.datasync()),
      sync: () => noted('sync', () => file.sync()),
      close: () => file.close(),
    };
  }
}

let base: string;
let fs: RecordingFileSystem;
let store: FileBlobStore;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'lading-durability-'));
  fs = new RecordingFileSystem(base);
  store = new FileBlobStore(join(base, 'data', 'store'), { fs });
});
afterEach(async () => {
  await store.close();
  expect((await openLinks()).filter((link) => link.startsWith(base))).toEqual([]);
  await rm(base, { recursive: true });
});

const key = blobKey('0b2f7f0e-3a55-4c7e-9f0a-6d2c4a8e51a7');
const path = (): string => join(base, 'data', 'store', key);

/** The objects below the test's directory that this process has open; fan-out directories stay open. */
async function openPaths(): Promise<string[]> {
  return (await openLinks()).filter((link) => link.startsWith(base) && !/blobs\/..$/.test(link));
}

async function openLinks(): Promise<string[]> {
  const open = await readdir('/proc/self/fd');
  return Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
}

describe('a commit of FileBlobStore', () => {
  it('has made every new directory durable, parents first, before the object exists', async () => {
    await store.begin(key);
    const steps = fs.calls.filter((call) => !call.startsWith('open:r ') && !/mkdir .*blobs\/..$/.test(call));
    expect(steps.slice(1)).toEqual([
      'mkdir data',
      'sync ',
      'mkdir data/store',
      'sync data',
      'mkdir data/store/blobs',
      'sync data/store',
      'sync data/store/blobs',
      `open:wx data/store/${key}`,
    ]);
    expect(fs.calls.filter((call) => /mkdir .*blobs\/..$/.test(call))).toHaveLength(256);
  });

  it('acknowledges after the bytes, the fsync of the file and the fsync of its directory, and does no more', async () => {
    await store.begin(key);
    fs.calls.length = 0;
    const writer = await store.append(key, { offset: 0 });
    await writer.write([Buffer.from('bytes')]);
    await store.commit(key, { offset: 5 });
    fs.calls.push('acknowledged');
    expect(fs.calls).toEqual([
      `write data/store/${key}`,
      `chmod data/store/${key}`,
      `sync data/store/${key}`,
      'open:r data/store/blobs/a7',
      'sync data/store/blobs/a7',
      'acknowledged',
    ]);
  });

  it('opens neither its file nor its directory again for what comes right after another', async () => {
    const other = blobKey('0b2f7f0e-3a55-4c7e-9f0a-6d2c4a8e52a7');
    for (const one of [key, other]) {
      await store.begin(one);
      fs.calls.length = one === key ? fs.calls.length : 0;
      await (await store.append(one, { offset: 0 })).write([Buffer.from('bytes')]);
      await store.commit(one, { offset: 5 });
    }
    expect(fs.calls.filter((call) => call.startsWith('open'))).toEqual([]);
    expect(String(await store.read(other))).toBe('bytes');
  });

  it('syncs a directory that was opened anew after its sync failed, or after it was removed', async () => {
    const opened = () => fs.calls.filter((call) => call === 'open:r data/store/blobs/a7').length;
    await store.begin(key);
    await store.commit(key, { offset: 0 });
    expect(opened()).toBe(1);
    const second = blobKey('0b2f7f0e-3a55-4c7e-9f0a-6d2c4a8e52a7');
    const third = blobKey('0b2f7f0e-3a55-4c7e-9f0a-6d2c4a8e53a7');
    await store.begin(second);
    fs.fault = (call, at) => (call === 'sync' && at.endsWith('/a7') ? systemError('EIO') : undefined);
    await expect(store.commit(second, { offset: 0 })).rejects.toThrow(StoreUnavailable);
    fs.fault = () => undefined;
    await store.begin(third);
    await store.commit(third, { offset: 0 });
    expect(opened()).toBe(2);
    await rm(join(base, 'data'), { recursive: true });
    await expect(store.begin(key)).rejects.toThrow(StoreUnavailable);
    await store.begin(key);
    await store.commit(key, { offset: 0 });
    expect(opened()).toBe(3);
  });

  it('waits for writes under way', async () => {
    await store.begin(key);
    const writer = await store.append(key, { offset: 0 });
    const write = writer.write([Buffer.from('bytes')]);
    await store.commit(key, { offset: 5 });
    await write;
    expect(fs.calls.indexOf(`write data/store/${key}`)).toBeLessThan(fs.calls.indexOf(`sync data/store/${key}`));
  });

  it('makes the parents durable again in a new process, whose predecessor may have died before its fsync', async () => {
    await store.begin(key);
    fs.calls.length = 0;
    const next = new FileBlobStore(join(base, 'data', 'store'), { fs });
    await next.begin(blobKey(randomUUID()));
    await next.close();
    expect(fs.calls.filter((call) => call.startsWith('sync'))).toEqual(['sync data/store', 'sync data/store/blobs']);
  });

  it('makes a fan-out directory again that somebody removed', async () => {
    await store.begin(key);
    await rm(join(base, 'data'), { recursive: true });
    await expect(store.begin(key)).rejects.toThrow(StoreUnavailable);
    await store.begin(key);
    await store.commit(key, { offset: 0 });
  });
});

describe('a writer of FileBlobStore', () => {
  it('syncs the data each time and the directory once', async () => {
    await store.begin(key);
    const writer = await store.append(key, { offset: 0 });
    fs.calls.length = 0;
    await writer.write([Buffer.from('a')]);
    await writer.sync();
    await writer.write([Buffer.from('b')]);
    await writer.sync();
    expect(fs.calls).toEqual([
      `write data/store/${key}`,
      `datasync data/store/${key}`,
      'open:r data/store/blobs/a7',
      'sync data/store/blobs/a7',
      `write data/store/${key}`,
      `datasync data/store/${key}`,
    ]);
    await writer.close();
  });

  it('goes on after a short write until every byte is there', async () => {
    await store.begin(key);
    const writer = await store.append(key, { offset: 0 });
    let writes = 0;
    fs.fault = (call) => (call === 'write' && ++writes <= 2 ? 'short' : undefined);
    await writer.write([Buffer.from('abcd'), Buffer.from('efgh'), Buffer.from('ij')]);
    expect(writes).toBe(3);
    await store.commit(key, { offset: 10 });
    expect(String(await store.read(key))).toBe('abcdefghij');
  });

  it('cuts only when the file is longer than the offset', async () => {
    await store.begin(key);
    await (await store.append(key, { offset: 0 })).write([Buffer.from('abcdef')]);
    await (await store.append(key, { offset: 6 })).close();
    expect(fs.calls.filter((call) => call.startsWith('truncate'))).toEqual([]);
    await (await store.append(key, { offset: 2 })).close();
    expect(fs.calls.filter((call) => call.startsWith('truncate'))).toEqual([`truncate:2 data/store/${key}`]);
  });

  it.each([
    ['ENOSPC', StoreFull],
    ['EDQUOT', StoreFull],
    ['EIO', StoreUnavailable],
  ])(
    'says what a write that failed with %s means, keeps its offset, and resumes with a new writer',
    async (code, type) => {
      await store.begin(key);
      const writer = await store.append(key, { offset: 0 });
      await writer.write([Buffer.from('kept')]);
      let writes = 0;
      fs.fault = (call) => (call !== 'write' ? undefined : ++writes === 1 ? 'short' : systemError(code));
      await expect(writer.write([Buffer.from('partly')])).rejects.toMatchObject({ constructor: type, cause: { code } });
      fs.fault = () => undefined;
      expect(writer.offset).toBe(4);
      await expect(writer.write([Buffer.from('more')])).rejects.toThrow(type);
      const resumed = await store.append(key, { offset: 4 });
      await resumed.write([Buffer.from(' on')]);
      await store.commit(key, { offset: 7 });
      expect(String(await store.read(key))).toBe('kept on');
    },
  );
});

describe('a fault under FileBlobStore', () => {
  it.each(['sync', 'datasync'])('in %s is final: a later fsync would report success for lost pages', async (call) => {
    await store.begin(key);
    const writer = await store.append(key, { offset: 0 });
    await writer.write([Buffer.from('abc')]);
    fs.fault = (name, at) => (name === call && at === path() ? systemError('ENOSPC') : undefined);
    const failing = call === 'sync' ? store.commit(key, { offset: 3 }) : writer.sync();
    await expect(failing).rejects.toThrow(StoreFull);
    fs.fault = () => undefined;
    await expect(store.commit(key, { offset: 3 })).rejects.toThrow(StoreUnavailable);
    await expect(store.append(key, { offset: 0 })).rejects.toThrow(StoreUnavailable);
    await store.delete(key);
    await store.begin(key);
    await store.commit(key, { offset: 0 });
    expect(await openPaths()).toEqual([]);
  });

  it('in the fsync of the directory is no acknowledgement', async () => {
    await store.begin(key);
    fs.fault = (call, at) => (call === 'sync' && at.endsWith('/a7') ? systemError('EIO') : undefined);
    await expect(store.commit(key, { offset: 0 })).rejects.toThrow(StoreUnavailable);
    expect(await openPaths()).toEqual([]);
  });

  it('in the making of directories is reported, and the next call tries again', async () => {
    fs.fault = (call) => (call === 'mkdir' ? systemError('EACCES') : undefined);
    await expect(store.begin(key)).rejects.toMatchObject({ constructor: StoreUnavailable, cause: { code: 'EACCES' } });
    fs.fault = (call) => (call === 'open:wx' ? systemError('ENOSPC') : undefined);
    await expect(store.begin(key)).rejects.toThrow(StoreFull);
    fs.fault = () => undefined;
    await store.begin(key);
  });

  it('in unlink is reported', async () => {
    await store.begin(key);
    fs.fault = (call) => (call === 'unlink' ? systemError('EROFS') : undefined);
    await expect(store.delete(key)).rejects.toThrow(StoreUnavailable);
  });
});

describe('a body of FileBlobStore', () => {
  async function stored(size: number): Promise<void> {
    await store.begin(key);
    await (await store.append(key, { offset: 0 })).write([Buffer.alloc(size, 1)]);
    await store.commit(key, { offset: size });
  }

  it.each([1000, 9_000_000])('of %d bytes is an error when the file is shorter', async (size) => {
    await stored(size);
    await truncate(path(), size - 1);
    await expect(store.read(key, { start: 0, end: size - 1 })).rejects.toThrow(BlobTruncated);
    expect(await openPaths()).toEqual([]);
  });

  it('ends with an error when the file becomes shorter while it is read', async () => {
    await stored(9_000_000);
    const body = (await store.read(key, { start: 0, end: 8_999_999 })) as Readable;
    await truncate(path(), 3_000_000);
    let seen = 0;
    const reading = async (): Promise<void> => {
      for await (const chunk of body) seen += chunk.byteLength;
    };
    await expect(reading()).rejects.toThrow(BlobTruncated);
    expect(seen).toBeLessThanOrEqual(3_000_000);
    expect(await openPaths()).toEqual([]);
  });

  it('closes its file at the end, when destroyed early, and when destroyed unread', async () => {
    await stored(9_000_000);
    const bodies = (await Promise.all([1, 2, 3].map(() => store.read(key)))) as Readable[];
    const closed = Promise.all(bodies.map((body) => new Promise((resolve) => body.once('close', resolve))));
    const [whole, early, unread] = bodies;
    expect(await openPaths()).toHaveLength(3);
    for await (const chunk of whole as Readable) expect(chunk.byteLength).toBeGreaterThan(0);
    for await (const chunk of early as Readable) {
      expect(chunk.byteLength).toBeLessThanOrEqual(1024 * 1024);
      break;
    }
    (unread as Readable).destroy();
    await closed;
    expect(await openPaths()).toEqual([]);
  });

  it('of a slow reader holds at most two blocks', async () => {
    await stored(9_000_000);
    const body = (await store.read(key)) as Readable;
    await new Promise((resolve) => body.once('readable', resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(body.readableLength).toBeLessThanOrEqual(2 * 1024 * 1024);
    body.destroy();
  });
});

describe('FileBlobStore', () => {
  it('leaves its reserve out of the free bytes, and never reports less than none', async () => {
    const withReserve = (reserveBytes: number) => new FileBlobStore(base, { reserveBytes }).freeBytes();
    const all = await withReserve(0);
    expect(Math.abs(all - (await withReserve(1024 ** 3)) - 1024 ** 3)).toBeLessThan(512 * 1024 ** 2);
    expect(await withReserve(Number.MAX_SAFE_INTEGER)).toBe(0);
  });

  it('keeps the files of the last 64 objects open that were begun, for two seconds, and takes their bytes then, too', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance', 'Date'] });
    const keys = Array.from({ length: 70 }, () => blobKey(randomUUID()));
    /** Closing a file takes its time: these are left at last. */
    const expectOpen = async (expected: string[]) => {
      for (let turn = 0; turn < 1_000 && (await openPaths()).length > expected.length; turn++)
        await new Promise(setImmediate);
      expect((await openPaths()).sort()).toEqual(expected.map((one) => join(base, 'data', 'store', one)).sort());
    };
    try {
      for (const one of keys) await store.begin(one);
      await expectOpen(keys.slice(6));
      await Promise.all([store.delete(keys[69]!), store.delete(keys[68]!)]);
      await expectOpen(keys.slice(6, 68));
      jest.advanceTimersByTime(1_999);
      fs.calls.length = 0;
      await (await store.append(keys[67]!, { offset: 0 })).close();
      expect(fs.calls).toEqual([]);
      jest.advanceTimersByTime(1);
      await expectOpen([]);
    } finally {
      jest.useRealTimers();
    }
    for (const one of keys.slice(0, 68)) {
      await (await store.append(one, { offset: 0 })).write([Buffer.from('late')]);
      await store.commit(one, { offset: 4 });
    }
  });

  it('holds no file open when nothing is under way', async () => {
    await store.begin(key);
    const writer = await store.append(key, { offset: 0 });
    await store.append(key, { offset: 0 });
    await writer.close();
    await expect(store.append(key, { offset: 7 })).rejects.toThrow(BlobTruncated);
    await expect(store.commit(key, { offset: 7 })).rejects.toThrow();
    await expect(store.read(blobKey(randomUUID()))).rejects.toThrow();
    expect(await openPaths()).toEqual([]);
  });
});
