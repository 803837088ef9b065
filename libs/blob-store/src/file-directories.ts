import { dirname, join } from 'node:path';
import { errorCode } from './file-errors.js';
import type { FileSystem, OpenFile } from './file-system.js';

/** Makes the entries of a directory durable: a file's own fsync does not cover its name. */
export async function syncDirectory(fs: FileSystem, path: string): Promise<void> {
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** The fan-out directories, each kept open once it was synced: every commit syncs one of them. */
export class DirectorySyncs {
  readonly #open = new Map<string, Promise<OpenFile>>();

  constructor(private readonly fs: FileSystem) {}

  /** @throws what the sync of the directory throws; it is opened anew then. */
  async sync(path: string): Promise<void> {
    let opening = this.#open.get(path);
    if (opening === undefined) {
      opening = this.fs.open(path, 'r');
      this.#open.set(path, opening);
    }
    try {
      await (await opening).sync();
    } catch (error) {
      await this.#forget(path);
      throw error;
    }
  }

  /** Closes all; those that are wanted again are opened anew. */
  async close(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((path) => this.#forget(path)));
  }

  async #forget(path: string): Promise<void> {
    const opening = this.#open.get(path);
    this.#open.delete(path);
    await opening?.then((directory) => directory.close()).catch(() => undefined);
  }
}

/**
 * Makes `root/blobs` and its 256 fan-out directories, durably, before the first object: afterwards a commit owes two
 * fsyncs only, of the file and of its directory. A level is made after its parent is durable, so one that exists has a
 * durable parent; it may itself be the work of a process that died before its fsync, hence the fsyncs at every start.
 */
export async function makeFanOut(fs: FileSystem, root: string): Promise<void> {
  const blobs = join(root, 'blobs');
  await makeDurable(fs, blobs);
  const names = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));
  await Promise.all(names.map((name) => makeDirectory(fs, join(blobs, name))));
  await syncDirectory(fs, blobs);
}

async function makeDurable(fs: FileSystem, path: string): Promise<void> {
  if (!(await exists(fs, path))) {
    await makeDurable(fs, dirname(path));
    await makeDirectory(fs, path);
  }
  await syncDirectory(fs, dirname(path));
}

async function exists(fs: FileSystem, path: string): Promise<boolean> {
  try {
    await fs.stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

async function makeDirectory(fs: FileSystem, path: string): Promise<void> {
  try {
    await fs.mkdir(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}
