import type { ChildProcess } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainDataDirError } from '../data-dir-errors.js';
import { locateBinaries } from './binaries.js';
import { clusterOwner, clusterPath, ensureCluster } from './cluster.js';
import { launchServer } from './launch-server.js';
import { isRunning } from './process-table.js';
import { connectionTo, findRunningServer, type ServerConnection, stopServer } from './running-server.js';
import { chooseServerAccount } from './server-account.js';
import { ServerLog } from './server-log.js';
import { serverArguments } from './server-settings.js';
import { socketDirectory } from './socket-directory.js';

export interface EmbeddedPostgresOptions {
  /** Made when missing. The caller holds its lock (`lockDataDir`). */
  readonly dataDir: string;
  /** Told what a start does, one line each. */
  readonly log?: (line: string) => void;
  /** PostgreSQL settings that override ours. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called once with one clear line when the server ends without `stop()`. */
  readonly onExit?: (reason: string) => void;
}

/**
 * A PostgreSQL server from npm's binaries on `<dataDir>/postgres`, reachable over a unix socket only.
 *
 * It runs in a session of its own, so a Ctrl-C at the terminal reaches Lading alone, and Lading stops the server last.
 * If Lading is killed the server lives on, loses nothing, and the next start adopts it.
 */
export class EmbeddedPostgres {
  private stopping = false;
  private gone = false;
  private readonly upkeep: NodeJS.Timeout;

  private constructor(
    readonly pid: number,
    readonly connection: ServerConnection,
    private readonly serverLog: ServerLog,
  ) {
    this.upkeep = setInterval(() => this.serverLog.rotate(), 60_000).unref();
  }

  /** Throws DataDirNotWritable, DiskFull, PostgresFailed. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    try {
      return await EmbeddedPostgres.startIn(options);
    } catch (error) {
      throw explainDataDirError(options.dataDir, error);
    }
  }

  /** A URL for `pg`, libpq and `createPool`; the socket's directory is its `host` parameter. */
  url(database = this.connection.database): string {
    const { host, port, user } = this.connection;
    return `postgresql://${user}@localhost:${port}/${encodeURIComponent(database)}?host=${encodeURIComponent(host)}`;
  }

  /** Fast shutdown; resolves when the server is gone. Harmless when it is gone already. Throws PostgresFailed. */
  async stop(): Promise<void> {
    this.stopping = true;
    // The pid of a server that is gone may be another process's by now.
    if (!this.gone) await stopServer(this.pid);
    clearInterval(this.upkeep);
  }

  private static async startIn(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const { settings = {}, log = () => undefined, onExit = () => undefined } = options;
    const binaries = locateBinaries();
    mkdirSync(options.dataDir, { recursive: true });
    const dataDir = realpathSync(options.dataDir);
    const account = await chooseServerAccount(binaries, dataDir, clusterOwner(dataDir));
    if (clusterOwner(dataDir) === undefined) log('Making the database cluster.');
    await ensureCluster(binaries, dataDir, account, settings.fsync !== 'off');

    const pgData = clusterPath(dataDir);
    const socketDir = socketDirectory(dataDir, account);
    const connection = connectionTo(socketDir);
    const args = serverArguments(pgData, socketDir, settings);
    const serverLog = new ServerLog(join(dataDir, 'postgres.log'));
    const found = await findRunningServer(pgData, socketDir, args);
    if (found !== undefined) {
      log(`Taking over the database server ${found}, which was still running.`);
      return EmbeddedPostgres.watch(found, undefined, connection, serverLog, onExit);
    }
    const program = binaries.postgres;
    const child = await launchServer({ dataDir, pgData, program, args, account, connection, serverLog, log });
    return EmbeddedPostgres.watch(child.pid as number, child, connection, serverLog, onExit);
  }

  /** `child` is undefined for a server that another process started. */
  private static watch(
    pid: number,
    child: ChildProcess | undefined,
    connection: ServerConnection,
    serverLog: ServerLog,
    onExit: (reason: string) => void,
  ): EmbeddedPostgres {
    const server = new EmbeddedPostgres(pid, connection, serverLog);
    const from = serverLog.size();
    void endOf(pid, child).then((how) => {
      server.gone = true;
      clearInterval(server.upkeep);
      if (server.stopping) return;
      const words = serverLog.lastLines(Math.min(from, serverLog.size()));
      onExit([`The database server (process ${pid}) ended: ${how}.`, ...words].join(' | '));
    });
    return server;
  }
}

async function endOf(pid: number, child: ChildProcess | undefined): Promise<string> {
  if (child) {
    if (child.exitCode !== null || child.signalCode !== null) return howItEnded(child.exitCode, child.signalCode);
    return new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(howItEnded(code, signal)));
    });
  }
  while (isRunning(pid)) await sleep(500, undefined, { ref: false });
  return 'it is gone';
}

function howItEnded(code: number | null, signal: string | null): string {
  return signal ? `it was killed by ${signal}` : `it exited with code ${code}`;
}
