import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Paths, relative to both folders, of the files that only one has or whose bytes differ.
 * @param {string} left
 * @param {string} right
 * @returns {string[]} sorted
 */
export function differences(left, right) {
  const files = new Set([...filesIn(left), ...filesIn(right)]);
  return [...files].filter((file) => !isSame(join(left, file), join(right, file))).sort();
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return entries.filter((entry) => statSync(join(folder, entry)).isFile());
}

function isSame(left, right) {
  return existsSync(left) && existsSync(right) && readFileSync(left).equals(readFileSync(right));
}
