import { existsSync, readFileSync, realpathSync } from 'node:fs';

const MOUNTS = '/proc/self/mountinfo';

/** Where this process sees file systems mounted at a folder and below it, first mounted first. None where there is no /proc. */
export function mountsBelow(dir: string): string[] {
  if (!existsSync(MOUNTS)) return [];
  const top = realpathSync(dir);
  return readFileSync(MOUNTS, 'utf8')
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((path) => path === top || path.startsWith(`${top}/`));
}

/** The kernel writes a space, tab, newline or backslash of a path as three octal digits: proc_pid_mountinfo(5). */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
