import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { results } from './paths.js';

let started = 0;

/** A server program that a test starts, watches and ends. What it prints goes to a file below `test-results/servers`. */
export class ServerProcess {
  private child: ChildProcess | undefined;
  private logFile = '';

  constructor(
    readonly name: string,
    private readonly command: string[],
    private readonly env: Record<string, string | undefined>,
  ) {}

  get pid(): number {
    if (this.child?.pid === undefined) throw new Error(`${this.name} is not running`);
    return this.child.pid;
  }

  /** What the program printed since it was last started. */
  get log(): string {
    return readFileSync(this.logFile, 'utf8');
  }

  /**
   * Starts the program and asks `ready` until it answers with a value, which is returned.
   * Throws an error that shows the log if the program ends first or `seconds` pass.
   */
  async start<T>(ready: (log: string) => Promise<T | undefined> | T | undefined, seconds = 60): Promise<T> {
    const child = this.spawn();
    if (child.pid === undefined) throw new Error(`${this.name} cannot be run: ${this.command.join(' ')}`);
    const deadline = Date.now() + seconds * 1000;
    while (child.exitCode === null && child.signalCode === null) {
      const answer = await ready(this.log);
      if (answer !== undefined) return answer;
      if (Date.now() > deadline) {
        await this.kill9();
        throw new Error(`${this.name} was not ready after ${seconds} s. It printed:\n${this.log}`);
      }
      await delay(50);
    }
    throw new Error(`${this.name} ended with ${child.exitCode ?? child.signalCode}. It printed:\n${this.log}`);
  }

  /**
   * Asks the program to end, and throws if it does not within 40 seconds: a drain may take 30. Nothing to do if it runs
   * no more.
   */
  async stop(): Promise<void> {
    const ended = this.signal('SIGTERM');
    const timer = delay(40_000, 'late' as const, { ref: false });
    if ((await Promise.race([ended, timer])) !== 'late') return;
    await this.kill9();
    throw new Error(`${this.name} did not end within 40 s of SIGTERM. It printed:\n${this.log}`);
  }

  async kill9(): Promise<void> {
    await this.signal('SIGKILL');
  }

  private spawn(): ChildProcess {
    mkdirSync(join(results, 'servers'), { recursive: true });
    started += 1;
    this.logFile = join(results, 'servers', `${this.name}-${process.pid}-${started}.log`);
    const log = openSync(this.logFile, 'w');
    this.child = spawn(this.command[0]!, this.command.slice(1), { env: this.env, stdio: ['ignore', log, log] });
    this.child.on('error', () => undefined); // Seen by `start` as a program without a pid.
    closeSync(log);
    return this.child;
  }

  private async signal(name: NodeJS.Signals): Promise<void> {
    const child = this.child;
    if (child === undefined || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(name);
    await ended;
  }
}
