import { readFileSync } from 'node:fs';
import { mustRun } from './run.js';

/** Unmounts what daemons left mounted below a folder, deepest first, so that it can be removed. */
export async function unmountBelow(dir: string): Promise<void> {
  const mounted = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${dir}/`));
  for (const path of mounted.reverse()) await mustRun(['umount', '-l', path], { env: { PATH: process.env.PATH! } });
}
