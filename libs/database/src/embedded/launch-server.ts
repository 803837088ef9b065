import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DiskFull } from '../data-dir-errors.js';
import { PostgresFailed } from './postgres-failed.js';
import { probe, type ServerConnection, stopServer } from './running-server.js';
import { type ServerAccount, under } from './server-account.js';
import type { ServerLog } from './server-log.js';

export interface Launch {
  readonly dataDir: string;
  /** The cluster directory, a real path. */
  readonly pgData: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly account: ServerAccount;
  readonly connection: ServerConnection;
  readonly serverLog: ServerLog;
  readonly log: (line: string) => void;
}

/**
 * Starts the server and waits until it takes connections, for as long as it lives: recovery after a crash takes the
 * time it takes. Throws DiskFull or PostgresFailed when it ends or turns connections away instead.
 */
export async function launchServer(launch: Launch): Promise<ChildProcess> {
  const { serverLog, dataDir } = launch;
  const from = serverLog.size();
  const child = spawnServer(launch);
  const failure = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  const reason = await Promise.race([failure, untilReady(launch, child)]);
  if (reason === undefined) return child;
  // On a full disk the checkpoint of a fast shutdown never ends.
  if (child.pid !== undefined) await stopServer(child.pid, 2_000);
  const lines = serverLog.lastLines(Math.min(from, serverLog.size()));
  if ([reason, ...lines].some((line) => line.includes('No space left on device'))) throw new DiskFull(dataDir);
  throw new PostgresFailed(`The database server did not start: ${reason}.`, lines);
}

function spawnServer({ program, args, account, serverLog }: Launch): ChildProcess {
  const command = under(account, program, args);
  const output = serverLog.open();
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' };
  try {
    // detached: setsid(2), so that the terminal's Ctrl-C does not reach it.
    const stdio = ['ignore' as const, output, output];
    const child = spawn(command.file, command.args, { ...command.options, cwd: '/', env, detached: true, stdio });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

async function untilReady({ connection, pgData, log }: Launch, child: ChildProcess): Promise<string | undefined> {
  const began = Date.now();
  let told = began;
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await probe(connection, pgData);
    if (answer === 'ready') return undefined;
    if (answer !== 'absent') return `it refuses connections (${answer.message})`;
    if (Date.now() - told > 5_000) {
      told = Date.now();
      log(
        `The database server has been starting for ${Math.round((told - began) / 1000)} s (recovery may take a while).`,
      );
    }
    await sleep(10);
  }
  return new Promise<undefined>(() => undefined); // the race is decided by the server's end
}
