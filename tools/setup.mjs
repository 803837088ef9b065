// What every command of the repository needs first: the installed packages and the built sources.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Milliseconds between two signs of life of a long step whose output is no terminal. */
const SIGN_OF_LIFE_MS = 10_000;

/**
 * Runs a program with this process's output.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean }} [options] quiet: what it prints goes to stderr
 * @returns {Promise<number>} its exit code; 1 when a signal ended it or it could not start
 */
export function run(command, args, { env = process.env, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env, stdio: ['inherit', quiet ? 2 : 'inherit', 'inherit'] });
    child.once('error', (error) => {
      console.error(`${command} did not start: ${error.message}`);
      resolve(1);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
}

/** The path of a program that package-lock.json installs. */
export function bin(name) {
  return join(ROOT, 'node_modules', '.bin', name);
}

/** Names the lock file that the installed packages came from; inside what `npm ci` removes first. */
const STAMP = 'node_modules/.installed-from';

/** Whether the packages of exactly this lock file were installed to the end. */
export function isInstalled(root = ROOT) {
  const stamp = join(root, STAMP);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lockDigest(root);
}

/** Installs the packages of the lock file unless they are there, and says what it waits for. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  const started = Date.now();
  console.error('Installing the packages of package-lock.json; this takes about a minute the first time.');
  const timer = setInterval(() => {
    console.error(`Still installing packages (npm ci), ${Math.round((Date.now() - started) / 1000)} s.`);
  }, SIGN_OF_LIFE_MS);
  const code = await run('npm', ['ci', '--loglevel=error'], { quiet: true });
  clearInterval(timer);
  if (code !== 0) throw new SetupError('npm ci failed; its messages are above.');
  writeFileSync(join(ROOT, STAMP), lockDigest(ROOT));
}

function lockDigest(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Brings `dist` up to date; 0.2 s when it is. */
export async function build() {
  if (!existsSync(join(ROOT, 'libs/platform/dist'))) console.error('Building.');
  const code = await run(bin('tsc'), ['-b'], { quiet: true });
  if (code !== 0) throw new SetupError('The build failed; the compiler names the lines above.');
}

/** A step of the setup failed; the message is for the person at the terminal. */
export class SetupError extends Error {}

/** Runs a command's main function; a failed setup is one line and exit code 1, without a stack. */
export async function main(work) {
  try {
    process.exitCode = await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
