import { join } from 'node:path';
import type { ClientHome } from '../support/client-home.js';
import { packages, root } from '../support/paths.js';
import { type RunOptions, run } from '../support/run.js';

/** What a program printed as JSON, or that it failed and what it said. */
export type Answer<T> = { result: T; failed?: undefined } | { failed: string; result?: undefined };

/**
 * Runs one of `test/clients/programs`, which use a library the way its users do: what it is asked goes in as JSON, what
 * it did comes out as JSON on the last line. A `.py` finds the packages of `.tools/python`, a `.cjs` those of `.tools/npm`.
 */
export async function program<T>(home: ClientHome, name: string, asked: object, options: RunOptions = {}) {
  const isPython = name.endsWith('.py');
  const env = {
    ...home.env,
    ...(isPython
      ? { PYTHONPATH: packages('python'), PYTHONDONTWRITEBYTECODE: '1' }
      : { NODE_PATH: join(packages('npm'), 'node_modules') }),
    ...options.env,
  };
  const command = [isPython ? 'python3' : process.execPath, join(root, 'test/clients/programs', name)];
  const { code, stdout, report } = await run(command, { ...options, env, cwd: home.dir, input: JSON.stringify(asked) });
  const answer: Answer<T> =
    code === 0 ? { result: JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as T } : { failed: report };
  return answer;
}

/** The same for a program that has to succeed. */
export async function mustProgram<T>(home: ClientHome, name: string, asked: object, options: RunOptions = {}) {
  const { result, failed } = await program<T>(home, name, asked, options);
  if (failed !== undefined) throw new Error(failed);
  return result as T;
}
