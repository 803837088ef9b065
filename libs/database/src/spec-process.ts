import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const requireSource = fileURLToPath(new URL('../../../tools/require-source.cjs', import.meta.url));

/** Another Node for specs that kill it: runs `script`, where `api` is the embedded part of this package. */
export function spawnNode(script: string): ChildProcess {
  const prelude = `const api = require(${JSON.stringify(requireSource)})('libs/database/src/embedded/index.ts');`;
  const program = `${prelude} (async () => { ${script} })().catch((e) => { console.log(e.message); process.exit(3); })`;
  return spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The first line the process prints; undefined when it ends without one. */
export function firstLine(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.split('\n')[0]);
    });
    child.once('close', () => resolve(undefined));
  });
}

export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}
