import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { PostgresFailed } from './postgres-failed.js';
import { isRunning, serverProcesses } from './process-table.js';
import { socketPath, socketPort } from './socket-directory.js';

/** What `pg` needs to reach the embedded server over its unix socket. */
export interface ServerConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

export function connectionTo(socketDir: string): ServerConnection {
  return { host: socketDir, port: socketPort, user: 'postgres', database: 'postgres' };
}

/** How long processes of a dead server may take to go: they notice within seconds. */
const orphanPatience = 30_000;
/** How long a server that another process left behind may take to start or stop: recovery after a crash counts. */
const leftoverPatience = 600_000;

/**
 * Looks for a server that an earlier process left on the cluster `pgData` (a real path). Answers the pid of one that
 * takes connections and was started with `args`; stops one that was started otherwise or lost its socket; after a
 * server that was killed it waits for its last processes, then removes `postmaster.pid` and the socket's lock, which
 * PostgreSQL itself would take for a live server's as long as the dead one is a zombie or its pid is used again.
 */
export async function findRunningServer(
  pgData: string,
  socketDir: string,
  args: readonly string[],
): Promise<number | undefined> {
  const began = Date.now();
  for (;;) {
    const postmaster = readPostmaster(pgData);
    const alive = serverProcesses(pgData, postmaster?.pid);
    if (alive.length === 0) {
      removeLeftovers(pgData, socketDir);
      return undefined;
    }
    const running = postmaster !== undefined && alive.includes(postmaster.pid);
    if (running && postmaster.ready) {
      const usable = startedWith(pgData, args) && (await probe(connectionTo(socketDir), pgData)) === 'ready';
      if (usable) return postmaster.pid;
      await stopServer(postmaster.pid);
    }
    if (Date.now() - began > (running ? leftoverPatience : orphanPatience)) {
      throw new PostgresFailed(`Processes of an earlier server still hold ${pgData}: ${alive.join(', ')}.`);
    }
    await sleep(20);
  }
}

/**
 * Asks the server at `connection`: `ready` when it answers and serves `pgData`, `absent` while it starts or is not
 * there; an error when it is there and turns us away, as it does when the disk is too full to open a session (53100).
 */
export async function probe(connection: ServerConnection, pgData: string): Promise<'ready' | 'absent' | DatabaseError> {
  const client = new Client({ ...connection, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ directory: string }>(`select current_setting('data_directory') directory`);
    return rows[0]?.directory === pgData ? 'ready' : 'absent';
  } catch (error) {
    // 57P03, cannot_connect_now: it starts, recovers or stops.
    return error instanceof DatabaseError && error.code !== '57P03' ? error : 'absent';
  } finally {
    await client.end().catch(() => undefined);
  }
}

/**
 * Fast shutdown: open transactions are rolled back and a checkpoint is written. After 30 s an immediate one, which
 * loses nothing committed but makes the next start recover; with `patience` in milliseconds it comes after that time.
 * Throws PostgresFailed when even that takes over 10 s.
 */
export async function stopServer(pid: number, patience = 30_000): Promise<void> {
  for (const [signal, limit] of [
    ['SIGINT', patience],
    ['SIGQUIT', 10_000],
  ] as const) {
    if (isRunning(pid)) process.kill(pid, signal);
    const began = Date.now();
    while (isRunning(pid) && Date.now() - began < limit) await sleep(10);
  }
  if (isRunning(pid)) throw new PostgresFailed(`The database server ${pid} does not stop.`);
}

/** postmaster.pid holds pid, directory, start time, port, socket directory, address, shared memory key, status. */
function readPostmaster(pgData: string): { pid: number; ready: boolean } | undefined {
  const file = join(pgData, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  return Number.isNaN(pid) ? undefined : { pid, ready: lines[7]?.trim() === 'ready' };
}

/** postmaster.opts is the command line that the server itself wrote down: the program, then each argument in quotes. */
function startedWith(pgData: string, args: readonly string[]): boolean {
  const file = join(pgData, 'postmaster.opts');
  const written = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : '';
  return written.endsWith(args.map((arg) => ` "${arg}"`).join(''));
}

function removeLeftovers(pgData: string, socketDir: string): void {
  if (process.platform !== 'linux') return; // without /proc the server's own check knows more than we do
  const socket = socketPath(socketDir);
  for (const path of [join(pgData, 'postmaster.pid'), socket, `${socket}.lock`]) rmSync(path, { force: true });
}
