import { execFile } from 'node:child_process';
import {
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lchownSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { DiskFull, explainDataDirError } from '../data-dir-errors.js';
import type { Binaries } from './binaries.js';
import { PostgresFailed } from './postgres-failed.js';
import { type ServerAccount, under } from './server-account.js';

const unfinishedPrefix = 'postgres.init-';

/** The owner of the cluster below `dataDir`, undefined when none was made yet. */
export function clusterOwner(dataDir: string): number | undefined {
  return statSync(clusterPath(dataDir), { throwIfNoEntry: false })?.uid;
}

export function clusterPath(dataDir: string): string {
  return join(dataDir, 'postgres');
}

/**
 * Makes the cluster `<dataDir>/postgres` unless it exists. It is prepared beside its place, flushed to the disk and
 * renamed, so an interrupted first start leaves nothing that looks like a cluster. `durable` false skips the flush.
 *
 * Throws DiskFull, DataDirNotWritable, PostgresFailed (also for a cluster of another major version).
 */
export async function ensureCluster(
  binaries: Binaries,
  dataDir: string,
  account: ServerAccount,
  durable: boolean,
): Promise<void> {
  const place = clusterPath(dataDir);
  removeUnfinished(dataDir);
  if (existsSync(place)) {
    checkVersion(place, binaries.major);
    giveTo(account, place);
    return;
  }
  const unfinished = mkdtempSync(join(dataDir, unfinishedPrefix));
  try {
    chownSync(unfinished, account.uid, account.gid);
    await initdb(binaries, dataDir, account, ['-D', unfinished, '-A', 'trust', '-E', 'UTF8', '--locale=C', ...quiet]);
    if (durable) await initdb(binaries, dataDir, account, ['-D', unfinished, '--sync-only']);
    renameSync(unfinished, place);
    if (durable) flushDirectory(dataDir);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    throw explainDataDirError(dataDir, error);
  }
}

const quiet = ['-U', 'postgres', '--no-sync', '--no-instructions'];

function initdb(binaries: Binaries, dataDir: string, account: ServerAccount, args: string[]): Promise<void> {
  const command = under(account, binaries.initdb, args);
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  return new Promise((resolve, reject) => {
    execFile(command.file, command.args, { ...command.options, cwd: '/', env }, (error, _stdout, stderr) => {
      if (error === null) return resolve();
      if (/No space left on device/.test(stderr)) return reject(new DiskFull(dataDir, { cause: error }));
      const lines = stderr.split('\n').filter((line) => line.trim() !== '');
      reject(new PostgresFailed('The database cluster could not be made.', lines.slice(-3), { cause: error }));
    });
  });
}

function removeUnfinished(dataDir: string): void {
  for (const name of readdirSync(dataDir).filter((entry) => entry.startsWith(unfinishedPrefix))) {
    rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}

function checkVersion(cluster: string, major: string): void {
  const file = join(cluster, 'PG_VERSION');
  const found = existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  if (found === major) return;
  throw new PostgresFailed(
    found === undefined
      ? `${cluster} is not a PostgreSQL cluster (it has no PG_VERSION).`
      : `${cluster} was written by PostgreSQL ${found}, this Lading brings PostgreSQL ${major}.`,
  );
}

/** The server insists on owning its cluster. The top comes last, so that an interrupted change is taken up again. */
function giveTo(account: ServerAccount, cluster: string): void {
  if (account.way === 'self' || statSync(cluster).uid === account.uid) return;
  for (const name of readdirSync(cluster, { recursive: true }) as string[]) {
    lchownSync(join(cluster, name), account.uid, account.gid);
  }
  chownSync(cluster, account.uid, account.gid);
}

function flushDirectory(path: string): void {
  const fd = openSync(path, 'r');
  fsyncSync(fd);
  closeSync(fd);
}
