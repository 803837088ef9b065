import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { root } from './paths.js';

/**
 * Tests whose programs take minutes to build, or are not on every machine (`test/tools/install.sh --all` has them all): they
 * run where the programs are. Elsewhere one printed line says that they are left out; at night (`LADING_NIGHT`) they run and fail.
 *
 * @param programs their names below `.tools/bin`, or whole paths
 */
export function describeWith(programs: string[], name: string, tests: () => void): void {
  const missing = programs.filter((program) => !existsSync(resolve(root, '.tools/bin', program)));
  if (missing.length === 0 || process.env.LADING_NIGHT) {
    describe(name, tests);
    return;
  }
  process.stderr.write(`left out: ${name}, for want of ${missing.join(' and ')}; test/tools/install.sh --all has it\n`);
  describe.skip(name, tests);
}
