import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['*.ts', '*.tsx', '*.mjs', '*.cjs'];

function git(root, args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/**
 * Lines of every source file that git knows or would add, but for those under `leftOut`.
 * @returns {{ file: string, lines: number }[]}
 */
export function lineCounts(root, leftOut) {
  const files = git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...SOURCES]).split(
    '\0',
  );
  const wanted = files.filter((file) => file !== '' && !file.startsWith(`${leftOut}/`) && existsSync(join(root, file)));
  return wanted.map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }));
}

export function tooLong(counts, most) {
  return counts.filter(({ lines }) => lines > most);
}
