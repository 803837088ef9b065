import { existsSync, lstatSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PostgresFailed } from './postgres-failed.js';

/**
 * npm packages carry no symbolic links: the package lists them and makes them in an install script, which npm may
 * skip. Making them here is harmless when they exist and when several processes do it at once.
 */
export function linkLibraries(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (lstatSync(path, { throwIfNoEntry: false })) continue;
    try {
      symlinkSync(basename(source), path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new PostgresFailed(`The library link ${path} is missing and cannot be made.`, [], { cause });
    }
  }
}
