import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Registry } from '../../support/registry.js';
import { eventually } from './eventually.js';
import { type Used, useRegistry } from './use-registry.js';

interface Line {
  level: string;
  msg: string;
  err?: { message: string };
}

/** MiB that a process of the server has at most after whatever hostile clients did; some 200 at the start. */
const MOST_MEMORY = 700;

/**
 * A registry as `useRegistry` gives it, held to `isUnharmed` after all tests, in a hook before the one that stops it.
 *
 * @param provoked the messages of the errors that the tests provoke, in order
 */
export function useUnharmed(env: Record<string, string> = {}, provoked: readonly string[] = []): Used {
  afterAll(() => isUnharmed(used, provoked));
  const used = useRegistry(env);
  return used;
}

/**
 * Holds a server that this test started to what it was before all that was done to it: the same processes serve, each within
 * `MOST_MEMORY`, and their logs have no lines that are not their own and no errors, but for those that the test provoked. The
 * log is written with a delay: a last request of ours shows that it is all there, that of `/v2/` at least.
 */
async function isUnharmed({ registry, http }: Used, provoked: readonly string[]): Promise<void> {
  if (process.env.LADING_TEST_URL) return;
  const last = `/v2/${randomUUID()}`;
  await http.exchange('GET', last);
  const lines = await eventually('the last line of the log', () => {
    const texts = registry.pids.map((pid) => readFileSync(`/proc/${pid}/fd/2`, 'utf8'));
    const isWhole = texts[0]!.includes(last) && texts.every((text) => text === '' || text.endsWith('\n'));
    return isWhole ? texts.join('').split('\n') : undefined;
  });
  expect(Math.max(...registry.pids.map(residentOf))).toBeLessThan(MOST_MEMORY);
  // Standard output is the same file; what it tells at the start is no line of JSON.
  const logged = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Line);
  const strange = lines.filter((line) => !line.startsWith('{') && /Error|Warning|^\s+at /.test(line));
  const bad = logged.filter(({ level }) => ['warn', 'error', 'fatal'].includes(level));
  expect([...bad.map(({ msg, err }) => err?.message ?? msg), ...strange]).toEqual(provoked);
}

/** Resident memory of the server's processes together, MiB. */
export function memoryOf(registry: Pick<Registry, 'pids'>): number {
  return registry.pids.map(residentOf).reduce((sum, each) => sum + each, 0);
}

function residentOf(pid: number): number {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) / 1024;
}
