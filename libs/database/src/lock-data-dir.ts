import { spawn } from 'node:child_process';
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirInUse, explainDataDirError } from './data-dir-errors.js';

/** Exclusive use of a data directory, until `release()` or the end of this process, kill -9 included. */
export interface DataDirLock {
  release(): void;
}

/**
 * Takes exclusive use of `dataDir` (made when missing) with flock(2) on `<dataDir>/lading.lock`.
 *
 * Node has no flock, but the lock belongs to the open file description and not to the process that asked for it: the
 * `flock` program of util-linux locks the descriptor it inherits and exits, and this process keeps the lock for as
 * long as its own descriptor is open. The kernel drops it with the process, there is no moment between a probe and a
 * claim for two starters to meet in, and it also holds between containers that share the directory. The process id
 * inside the file is only for the message. The file is never removed: unlinking a locked file lets two processes hold
 * two files of one name.
 *
 * Throws DataDirInUse, DataDirNotWritable, DiskFull.
 */
export async function lockDataDir(dataDir: string): Promise<DataDirLock> {
  const path = join(dataDir, 'lading.lock');
  let fd: number | undefined;
  try {
    mkdirSync(dataDir, { recursive: true });
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | exclusiveOpenOnMac, 0o644);
    if (process.platform !== 'darwin' && !(await flock(fd))) throw new DataDirInUse(dataDir, holderOf(path));
    ftruncateSync(fd);
    writeSync(fd, `${process.pid}\n`, 0);
  } catch (error) {
    if (fd !== undefined) closeSync(fd);
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') throw new DataDirInUse(dataDir, holderOf(path));
    throw explainDataDirError(dataDir, error);
  }
  return releasedOnce(fd);
}

/** O_EXLOCK | O_NONBLOCK of macOS: open(2) itself takes the flock there. */
const exclusiveOpenOnMac = process.platform === 'darwin' ? 0x20 | constants.O_NONBLOCK : 0;

function flock(fd: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'ignore', 'ignore', fd] as const;
    const child = spawn('flock', ['-x', '-n', '3'], { stdio: [...stdio] });
    child.once('error', (error) => {
      reject(new Error('The program flock (of util-linux) is needed to lock the data directory.', { cause: error }));
    });
    child.once('exit', (code) => resolve(code === 0));
  });
}

function holderOf(path: string): number | undefined {
  const pid = Number.parseInt(readFileSync(path, 'utf8'), 10);
  return Number.isNaN(pid) ? undefined : pid;
}

function releasedOnce(fd: number): DataDirLock {
  let held = true;
  return {
    release: () => {
      if (held) closeSync(fd);
      held = false;
    },
  };
}
