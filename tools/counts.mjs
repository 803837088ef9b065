import { existsSync, readFileSync } from 'node:fs';

/**
 * Sums a file of `kind passed failed` lines, which the count reporter writes.
 * @param {string} file
 * @returns {{ lines: number, passed: number, failed: number }} all 0 when there is no file
 */
export function readCounts(file) {
  const sum = { lines: 0, passed: 0, failed: 0 };
  if (!existsSync(file)) return sum;
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, passed, failed] = /^\S+ (\d+) (\d+)$/.exec(line) ?? [];
    if (passed === undefined) continue;
    sum.lines += 1;
    sum.passed += Number(passed);
    sum.failed += Number(failed);
  }
  return sum;
}
