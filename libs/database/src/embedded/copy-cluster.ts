import { type Dirent, readFileSync } from 'node:fs';
import { copyFile, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { clusterPath } from './cluster.js';
import { PostgresFailed } from './postgres-failed.js';
import { connectionTo } from './running-server.js';
import { socketPath } from './socket-directory.js';

/** Directories whose contents a server makes anew; of the log only what the copy needs is taken, at the end. */
const LEFT_EMPTY = new Set([
  'pg_wal',
  'pg_replslot',
  'pg_dynshmem',
  'pg_notify',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);

const LEFT_OUT = /^(postmaster\.(pid|opts)|pgsql_tmp.*|pg_internal\.init.*|backup_label.*|tablespace_map.*)$/;

/** Name of a piece of the write-ahead log: timeline and position, 24 hexadecimal digits, so that later is greater. */
const WAL_FILE = /^[0-9A-F]{24}$/;

/**
 * Copies the cluster of a data directory while its server works, as PostgreSQL's documentation describes it for programs
 * ("Making a Base Backup Using the Low Level API"):
 *
 *   a slot keeps the write-ahead log from now on; pg_backup_start
 *   the files, in whatever state they are in
 *   pg_backup_stop, which says from where on the log makes them whole; the log from there to its end, and its label
 *
 * A server that starts on the copy replays that log, and is as the other one was at the end of the copy.
 *
 * @param target the data directory to be; the cluster is made in it.
 * @throws PostgresFailed when no server runs on the data directory.
 */
export async function copyCluster(dataDir: string, target: string): Promise<void> {
  const source = clusterPath(dataDir);
  const client = await connect(dataDir);
  try {
    await client.query(`SELECT pg_create_physical_replication_slot('lading_backup_' || pg_backend_pid(), true, true)`);
    const begun = await client.query<{ file: string }>(
      `SELECT pg_walfile_name(pg_backup_start('lading backup', fast => true)) AS file`,
    );
    const place = clusterPath(target);
    await copyTree(source, place);
    const ended = await client.query<{ labelfile: string }>(
      'SELECT labelfile FROM pg_backup_stop(wait_for_archive => false)',
    );
    await copyLog(join(source, 'pg_wal'), join(place, 'pg_wal'), begun.rows[0]?.file as string);
    await write(join(place, 'backup_label'), ended.rows[0]?.labelfile as string);
  } finally {
    await client.end();
  }
}

async function connect(dataDir: string): Promise<Client> {
  const { host, port, user, database } = connectionTo(socketDirectoryOf(dataDir));
  const client = new Client({ host, port, user, database, application_name: 'lading backup' });
  try {
    await client.connect();
    return client;
  } catch (error) {
    throw new PostgresFailed(`No database server runs on ${dataDir}; is Lading started?`, [], { cause: error });
  }
}

/** Where the server of the data directory listens; what `socketDirectory` made. */
function socketDirectoryOf(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, 'postgres-socket-dir'), 'utf8').trim();
  } catch {
    return join(socketPath(join(dataDir, 'postgres-socket')), '..');
  }
}

/** Files that go while we copy are files that the copy does not need. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  for (const entry of await entriesOf(from)) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory() && LEFT_EMPTY.has(entry.name)) await mkdir(target, { mode: 0o700 });
    else if (entry.isDirectory()) await copyTree(source, target);
    else if (entry.isFile() && !LEFT_OUT.test(entry.name)) await copyOne(source, target);
  }
}

async function copyLog(from: string, to: string, first: string): Promise<void> {
  const names = (await readdir(from)).filter((name) => WAL_FILE.test(name) && name >= first).sort();
  for (const name of names) await copyOne(join(from, name), join(to, name));
}

async function entriesOf(path: string): Promise<Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function copyOne(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function write(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
