import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../load/connection.mjs';
import { requestHead } from '../load/request-head.mjs';
import { freePort } from './free-port.mjs';

/** @typedef {import('./target.mjs').Target} Target */
/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 30_000;

/**
 * Starts a registry on a directory of its own and waits until it answers.
 * @param {import('./target.mjs').Launcher} launcher
 * @param {string} name
 * @param {string} dir made if missing; the caller removes it
 * @param {Record<string, string>} [settings] of Lading
 * @returns {Promise<Target>}
 */
export async function startTarget(launcher, name, dir, settings = {}) {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const command = launcher.prepare(dir, port, settings);
  const log = join(dir, 'server.log');
  /** @type {Target} */
  const target = {
    name,
    host: '127.0.0.1',
    port,
    credentials: launcher.credentials,
    durable: launcher.durable,
    dataDir: join(dir, 'data'),
    stop: () => stopProcess(target.process),
    async restart() {
      await target.stop();
      const start = performance.now();
      target.process = launch(command, log);
      await untilReady(target, log);
      return { milliseconds: performance.now() - start };
    },
  };
  await target.restart();
  return target;
}

/** @param {ReturnType<import('./target.mjs').Launcher['prepare']>} command @param {string} log */
function launch({ command, args, env }, log) {
  // To a file, not a pipe: reading it would cost the generator CPU.
  const output = openSync(log, 'a');
  const child = spawn(command, args, { env, stdio: ['ignore', output, output] });
  closeSync(output);
  return child;
}

/** @param {Target} target @param {string} log */
async function untilReady(target, log) {
  const child = /** @type {ChildProcess} */ (target.process);
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await answers(target))) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${target.name} ended at its start: ${lastLines(log)}`);
    if (performance.now() > limit)
      throw new Error(`${target.name} was not ready after ${START_LIMIT_MS / 1000} s: ${lastLines(log)}`);
    await sleep(2);
  }
}

/** @param {Target} target @returns {Promise<boolean>} */
async function answers(target) {
  try {
    const connection = await Connection.open(target);
    try {
      const { status } = await connection.exchange(requestHead({ to: target, method: 'GET', path: '/v2/' }));
      return status === 200 || status === 401;
    } finally {
      connection.close();
    }
  } catch {
    return false;
  }
}

/** @param {ChildProcess | undefined} child */
async function stopProcess(child) {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}

/** @param {string} log */
function lastLines(log) {
  return readFileSync(log, 'utf8').trim().split('\n').slice(-5).join(' | ');
}
