import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../support/paths.js';
import type { Registry } from '../../support/registry.js';
import { ServerProcess } from '../../support/server-process.js';

interface State {
  cursor: string;
  paths: Record<string, string>;
  tags: Record<string, string>;
}

/** The example of the documentation as a process, and the list that it keeps. */
export class Subscriber {
  private readonly process: ServerProcess;
  private readonly state: string;
  private earlier = '';
  private hasRun = false;

  /** @param dir where it keeps its files */
  constructor(registry: Registry, dir: string, name: string) {
    this.state = join(dir, `${name}.json`);
    const passwordFile = join(dir, `${name}.password`);
    writeFileSync(passwordFile, `${registry.password}\n`, { mode: 0o600 });
    const options = { url: registry.url, user: registry.user, 'password-file': passwordFile, state: this.state };
    const words = Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
    const program = join(root, 'docs/examples/all-tags.mjs');
    this.process = new ServerProcess(name, [process.execPath, program, ...words], { PATH: process.env.PATH });
  }

  /** Ready once it has a list; one that it kept will do. */
  async start(): Promise<void> {
    if (this.hasRun) this.earlier += this.process.log;
    this.hasRun = true;
    await this.process.start(() => existsSync(this.state) || undefined);
  }

  /** What it printed in all its lives. */
  get log(): string {
    return this.earlier + this.process.log;
  }

  get snapshots(): number {
    return this.log.split('read a snapshot').length - 1;
  }

  kill9(): Promise<void> {
    return this.process.kill9();
  }

  /** As `repository:tag`, and what it names. */
  get tags(): Record<string, string> {
    const { paths, tags } = this.read();
    const named = Object.entries(tags).map(([place, digest]): [string, string] => {
      const [id = '', tag = ''] = place.split(':');
      return [`${paths[id]}:${tag}`, digest];
    });
    return Object.fromEntries(named.sort());
  }

  /** While it does not run. */
  set cursor(cursor: string) {
    writeFileSync(this.state, JSON.stringify({ ...this.read(), cursor }));
  }

  private read(): State {
    return JSON.parse(readFileSync(this.state, 'utf8'));
  }
}
