import { join } from 'node:path';
import { type BlobKey, isBlobKey } from './blob-key.js';
import type { BlobEntry } from './blob-store.port.js';
import { errorCode } from './file-errors.js';
import type { FileSystem } from './file-system.js';

/** Names held at once, about 1 MB. A directory with more is read once per this many names. */
const PAGE_NAMES = 8192;

/** All objects below `root` in the order of their keys, after `after`. Files of other names are passed over. */
export async function* listFiles(fs: FileSystem, root: string, after = ''): AsyncGenerator<BlobEntry> {
  for (let index = 0; index < 256; index += 1) {
    const directory = `blobs/${index.toString(16).padStart(2, '0')}`;
    if (`${directory}/~` < after) continue;
    let last = after;
    for (;;) {
      const keys = await smallestKeys(fs, root, directory, last);
      for (const key of keys) {
        const size = await sizeOf(fs, join(root, key));
        if (size !== undefined) yield { key, size };
      }
      if (keys.length < PAGE_NAMES) break;
      last = keys[keys.length - 1] as string;
    }
  }
}

async function smallestKeys(fs: FileSystem, root: string, directory: string, after: string): Promise<BlobKey[]> {
  let keys: BlobKey[] = [];
  try {
    for await (const name of fs.names(join(root, directory))) {
      const key = `${directory}/${name}`;
      if (key > after && isBlobKey(key)) keys.push(key);
      if (keys.length >= 2 * PAGE_NAMES) keys = keys.sort().slice(0, PAGE_NAMES);
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
  return keys.sort().slice(0, PAGE_NAMES);
}

async function sizeOf(fs: FileSystem, path: string): Promise<number | undefined> {
  try {
    return (await fs.stat(path)).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
