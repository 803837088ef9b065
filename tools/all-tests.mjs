import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testNames } from './test-names.mjs';

/**
 * Every test of the repository in TypeScript.
 * @returns {{ name: string, night: boolean, where: string }[]} `where`: the spec, below `root`
 */
export function allTests(root) {
  return ['test', 'libs', 'services'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((path) => path.endsWith('.spec.ts') && !/(^|\/)(node_modules|dist)\//.test(path))
      .map((path) => join(folder, path))
      .flatMap((where) => testNames(readFileSync(join(root, where), 'utf8')).map((test) => ({ ...test, where }))),
  );
}
