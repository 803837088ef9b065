import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SOURCES = ['*.ts', '*.tsx', '*.mjs', '*.cjs'];

function git(root, args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

function tryGit(root, args) {
  try {
    return git(root, args);
  } catch {
    return '';
  }
}

/**
 * The commit whose `folder` others may rely on: origin's main if there is one; else the last commit when the folder
 * was changed since; else the last commit before the one that changed it.
 * @returns {{ commit?: string, reason?: string }} a reason when there is no such commit
 */
export function baseline(root, folder) {
  const remote = tryGit(root, ['rev-parse', '--verify', '--quiet', 'refs/remotes/origin/main']);
  if (remote !== '') return has(root, remote, folder);
  const [last, before] = tryGit(root, ['log', '-2', '--format=%H', '--', folder]).split('\n');
  if (!last) return { reason: `no commit has ${folder}` };
  const isChanged = tryGit(root, ['status', '--porcelain', '--', folder]) !== '';
  if (isChanged) return has(root, last, folder);
  return before ? has(root, before, folder) : { reason: `${folder} has no version before this one` };
}

function has(root, commit, folder) {
  const isThere = tryGit(root, ['ls-tree', commit, '--', folder]) !== '';
  return isThere ? { commit } : { reason: `${folder} does not exist in ${commit.slice(0, 7)}` };
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
