import { randomInt, randomUUID } from 'node:crypto';
import { blobKey } from './blob-key.js';
import { listFiles } from './file-listing.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';

const systemError = (code: string): Error => Object.assign(new Error(code), { code });

/** A file system whose directory `blobs/7f` has these names and all others do not exist. */
function withNames(names: readonly string[], stat: FileSystem['stat']): FileSystem {
  return {
    ...nodeFileSystem,
    stat,
    async *names(path) {
      if (!path.endsWith('/7f')) throw systemError('ENOENT');
      yield* names;
    },
  };
}

const ids = Array.from({ length: 20_000 }, () => `${randomUUID().slice(0, -2)}7f`);
const keys = ids.map(blobKey).sort();
const size = async (): Promise<{ size: number; mode: number }> => ({ size: 5, mode: 0o440 });

async function listed(fs: FileSystem, after?: string): Promise<string[]> {
  const found = [];
  for await (const { key } of listFiles(fs, '/store', after)) found.push(key);
  return found;
}

describe('the listing of files', () => {
  it('is in order and complete for a directory with more names than it holds at once', async () => {
    const fs = withNames(ids, size);
    expect(await listed(fs)).toEqual(keys);
    const at = randomInt(keys.length);
    expect([at, await listed(fs, keys[at])]).toEqual([at, keys.slice(at + 1)]);
  });

  it('passes over files that are not objects of that directory', async () => {
    const strangers = ['lost+found', '.nfs0001', `${ids[0]}.tmp`, randomUUID().slice(0, -2).concat('80'), '..'];
    expect(await listed(withNames([...strangers, ids[0] as string], size))).toEqual([blobKey(ids[0] as string)]);
  });

  it('leaves out an object that is removed meanwhile, and reports other faults', async () => {
    const gone = withNames(ids.slice(0, 3), async (path) => {
      if (path.endsWith(ids[1] as string)) throw systemError('ENOENT');
      return size();
    });
    expect(await listed(gone)).toHaveLength(2);
    const broken = withNames(ids.slice(0, 3), async () => Promise.reject(systemError('EIO')));
    await expect(listed(broken)).rejects.toThrow('EIO');
  });
});
