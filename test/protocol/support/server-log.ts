import { readFileSync } from 'node:fs';
import type { Registry } from '../../support/registry.js';

interface Line {
  level: string;
  msg: string;
}

/** Holds a server that this test started to a log without errors and without lines that are not its own. */
export function isQuiet(registry: Pick<Registry, 'pid'>): void {
  if (process.env.LADING_TEST_URL) return;
  const lines = readFileSync(`/proc/${registry.pid}/fd/2`, 'utf8').split('\n');
  // Before the first line of JSON comes what is told on standard output, which is the same file.
  const logged = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
  const strange = lines.filter((line) => /Error|Warning|\n\s+at /.test(line) && !line.startsWith('{'));
  const bad = logged.filter(({ level }) => ['warn', 'error', 'fatal'].includes(level)).map(({ msg }) => msg);
  expect([...bad, ...strange]).toEqual([]);
}

/** Resident memory of the server's process, MiB. */
export function memoryOf(registry: Pick<Registry, 'pid'>): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${registry.pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
