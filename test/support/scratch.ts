import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mountsBelow } from './mounts.js';

const PREFIX = '/tmp/lt-';

/**
 * A new folder with a short path, because a unix socket's path ends at 107 bytes. Readable for all: PostgreSQL does not
 * run as root and has to get in. Whoever asks for it removes it, with `removeScratch`.
 */
export function scratch(): string {
  const dir = mkdtempSync(PREFIX);
  chmodSync(dir, 0o755);
  return dir;
}

/**
 * Removes what `scratch` made, and never what is mounted in it: a daemon that was killed may have left the machine's own
 * folders there, and tests run as root. Every file system is unmounted first; one that stays, stays with the folder.
 *
 * @throws where the folder is none of `scratch`, or something mounted in it cannot be unmounted; nothing is removed then
 */
export function removeScratch(dir: string): void {
  if (!/^[A-Za-z0-9]+$/.test(dir.slice(PREFIX.length)) || !dir.startsWith(PREFIX))
    throw new Error(`${dir} is no scratch folder, and is not removed`);
  if (!existsSync(dir)) return;
  // Lazily: away from the tree at once, even where a process that outlived its test still has a file open there.
  for (const path of mountsBelow(dir).reverse()) must('umount', '-l', '--', path);
  const left = mountsBelow(dir);
  if (left.length > 0) throw new Error(`${dir} is not removed: mounted there are ${left.join(' and ')}`);
  if (process.platform === 'linux') must('rm', '-rf', '--one-file-system', '--', dir);
  else rmSync(dir, { recursive: true, force: true });
}

function must(...[program, ...args]: [string, ...string[]]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}
