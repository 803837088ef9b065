import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../support/paths.js';
import { serverEnv } from '../support/server-env.js';
import { childrenOf, isRunning, killNine, postmasterOf, waitUntil } from './processes.js';

const MAIN = join(root, 'services/standalone/dist/main.js');
const READY = /^Lading is ready at (http:\S+)/m;

export const ADMIN = { user: 'admin', password: 'password-of-the-tests' };

/** One run of the server on a data directory, with what it printed and how it ended. */
export class Lading {
  private static readonly all: Lading[] = [];
  stdout = '';
  stderr = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<number | string>;

  /** @param prefix a program and its words that start the server, such as `setpriv` */
  constructor(
    readonly dataDir: string,
    settings: Record<string, string> = {},
    prefix: string[] = [],
  ) {
    const [file = process.execPath, ...args] = [...prefix, process.execPath, MAIN];
    const own = { LADING_DATA_DIR: dataDir, LADING_PORT: '0', LADING_ADMIN_PASSWORD: ADMIN.password };
    const env = serverEnv({ ...own, ...settings });
    this.child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout!.on('data', (piece: Buffer) => {
      this.stdout += piece.toString();
    });
    this.child.stderr!.on('data', (piece: Buffer) => {
      this.stderr += piece.toString();
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => code ?? signal);
    Lading.all.push(this);
  }

  /** Kills every server that a test left, and its database. */
  static async killAll(): Promise<void> {
    for (const server of Lading.all.splice(0)) {
      if (server.isAlive) await killNine([server.pid]);
      const postmaster = postmasterOf(server.dataDir);
      if (postmaster !== undefined) await killNine([postmaster, ...childrenOf(postmaster)]);
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves with its URL. @throws an error that shows what it printed when it ends before, or after a minute */
  async ready(): Promise<string> {
    await waitUntil(() => READY.test(this.stdout) || !this.isAlive, 60, 'the ready line');
    const url = READY.exec(this.stdout)?.[1];
    if (url === undefined) throw new Error(`ended with ${this.child.exitCode}:\n${this.stdout}${this.stderr}`);
    return url;
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  /** The exit code, or the signal's name. @throws when it still runs after so many seconds */
  async exit(seconds = 40): Promise<number | string> {
    const timer = delay(seconds * 1000, undefined, { ref: false });
    const how = await Promise.race([this.ended, timer]);
    if (how === undefined) throw new Error(`still runs after ${seconds} s:\n${this.stdout}${this.stderr}`);
    return how;
  }

  /** What a person sees as trouble: lines that are no log lines, and log lines above `info`. */
  get complaints(): string[] {
    return this.stderr.split('\n').filter((line) => line !== '' && !/^\{"level":"(info|debug)"/.test(line));
  }

  /** True while the database of its data directory runs. */
  get hasDatabase(): boolean {
    const postmaster = postmasterOf(this.dataDir);
    return postmaster !== undefined && isRunning(postmaster);
  }
}
