import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.js';

/**
 * The tests of a client whose programs take minutes to build (`test/tools/install.sh --all`): they run where the programs
 * are. Elsewhere one printed line says that they are left out; at night (`LADING_NIGHT`) they run and fail.
 *
 * @param programs their names below `.tools/bin`
 */
export function describeWith(programs: string[], name: string, tests: () => void): void {
  const missing = programs.filter((program) => !existsSync(join(root, '.tools/bin', program)));
  if (missing.length === 0 || process.env.LADING_NIGHT) {
    describe(name, tests);
    return;
  }
  process.stderr.write(
    `left out: ${name}, for want of ${missing.join(' and ')}; test/tools/install.sh --all builds it\n`,
  );
  describe.skip(name, tests);
}
