import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun, type Outcome, type RunOptions, run } from './run.js';
import { removeScratch, scratch } from './scratch.js';

/** What clients print where a registry answers 401, or where the token it gives them permits nothing. */
export const REFUSED = new RegExp(
  [
    '\\b401\\b',
    'unauthorized',
    'authentication required',
    'no basic auth',
    'basic credential not found',
    'access to the resource is denied',
    'access denied',
    'invalid username/password',
    'authorization failed',
  ].join('|'),
  'i',
);

/**
 * A home of its own for a client: its credentials, settings and caches are there, and nothing of this machine's. Two
 * homes are two people who know nothing of each other.
 */
export class ClientHome {
  private static readonly all: ClientHome[] = [];
  readonly dir = scratch();
  readonly env: Record<string, string>;

  constructor(more: Record<string, string> = {}) {
    this.env = {
      PATH: process.env.PATH!,
      HOME: this.dir,
      DOCKER_CONFIG: this.path('docker'),
      REGISTRY_AUTH_FILE: this.path('auth.json'),
      REGCTL_CONFIG: this.path('regctl.json'),
      ...more,
    };
    mkdirSync(this.env.DOCKER_CONFIG!);
    ClientHome.all.push(this);
  }

  /** Removes every home that a spec made. */
  static removeAll(): void {
    for (const { dir } of ClientHome.all.splice(0)) removeScratch(dir);
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** Runs a client that has to succeed; the error shows what it printed. */
  run(command: string[], options: RunOptions = {}): Promise<Outcome> {
    return mustRun(command, { ...options, env: this.env });
  }

  /** Runs a client that has to fail, and for want of credentials: throws where it succeeds or complains of other things. */
  async refused(command: string[], options: RunOptions = {}): Promise<void> {
    const outcome = await run(command, { ...options, env: this.env });
    if (outcome.code === 0) throw new Error(`expected to be refused, but it succeeded:\n${outcome.report}`);
    if (!REFUSED.test(outcome.stdout + outcome.stderr))
      throw new Error(`expected to be refused, but it failed otherwise:\n${outcome.report}`);
  }
}
