import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The root of the checkout. */
export const root = resolve(import.meta.dirname, '../..');

/** Reports and server logs that outlive a run; git-ignored, kept by CI. */
export const results = join(root, 'test-results');

/** Path of a Go program that `test/tools/install.sh` builds. Throws if it was not built. */
export function tool(name: string): string {
  const path = join(root, '.tools/bin', name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run test/tools/install.sh --all`);
  return path;
}

/** Folder of the packages in Python or JavaScript that `test/tools/install.sh` installs. Throws if they are not there. */
export function packages(kind: 'python' | 'npm'): string {
  const path = join(root, '.tools', kind);
  if (!existsSync(join(path, '.packages'))) throw new Error(`${path} is missing: run test/tools/install.sh`);
  return path;
}
