import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Job, Result } from './worker.js';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = `require('./tools/require-source.cjs')('test/simulation/worker.ts').work()`;

/**
 * Runs schedules in a process of their own: one at a time is all that a process can run, because its clock is theirs.
 *
 * @param told of each job as it ends.
 * @param signal ends the process.
 */
export async function startWorker(
  jobs: readonly Job[],
  told: (result: Result) => void = () => {},
  signal?: AbortSignal,
): Promise<Result[]> {
  const env = { ...process.env, LADING_SIMULATION_JOBS: JSON.stringify(jobs) };
  const child = spawn(process.execPath, ['-e', PROGRAM], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  signal?.addEventListener('abort', () => child.kill());
  const results: Result[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const result: Result = JSON.parse(line);
      results.push(result);
      told(result);
    }
  } finally {
    child.kill();
  }
  const code = await ended;
  if (results.length !== jobs.length) throw new Error(`a worker ended with ${code} after ${results.length} jobs`);
  return results;
}
