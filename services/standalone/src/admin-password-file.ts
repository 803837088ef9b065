import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@lading/platform';
import { writePrivately } from './key-secret.js';

/**
 * The generated password of the administrator, in a file of the data directory that its owner alone can read. It is
 * written before the account exists and stays until a terminal has shown it: a start that fails in between, at a taken
 * port say, must not take the only copy along.
 */
export class AdminPasswordFile {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, 'admin-password');
  }

  read(): Secret | undefined {
    try {
      return new Secret(readFileSync(this.path, 'utf8').trim());
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    }
  }

  write(password: Secret): void {
    writePrivately(this.path, password.reveal());
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
