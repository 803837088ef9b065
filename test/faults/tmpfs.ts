import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '../support/run.js';
import { removeScratch, scratch } from '../support/scratch.js';

const env = { PATH: process.env.PATH! };

/** A file system of a size of its own. Needs root. */
export class Tmpfs {
  private static readonly all: Tmpfs[] = [];
  private readonly dir = scratch();
  readonly path = join(this.dir, 'm');

  private constructor() {
    mkdirSync(this.path);
  }

  static async mount(size: string): Promise<Tmpfs> {
    const made = new Tmpfs();
    await mustRun(['mount', '-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', made.path], { env });
    Tmpfs.all.push(made);
    return made;
  }

  /** Takes away everything that tests mounted. Servers on it have to be gone. */
  static async unmountAll(): Promise<void> {
    for (const { path, dir } of Tmpfs.all.splice(0)) {
      await mustRun(['umount', path], { env });
      removeScratch(dir);
    }
  }

  /** @param options such as `size=500m` or `ro` */
  async remount(options: string): Promise<void> {
    await mustRun(['mount', '-o', `remount,${options}`, this.path], { env });
  }
}
