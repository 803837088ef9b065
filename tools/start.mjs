// `npm start`: install and build if needed, then run every service in one process.
import './require-node.mjs';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { build, ensureInstalled, main, ROOT } from './setup.mjs';

/** Threads for file reads and fsync beside password checks; libuv's own default of 4 lets one starve the other. */
const THREADPOOL_SIZE = '16';
/** A hangup means that the terminal is gone: a stop like any other. */
const PASSED_ON = { SIGINT: 'SIGINT', SIGTERM: 'SIGTERM', SIGHUP: 'SIGTERM' };

function runServer() {
  const env = { UV_THREADPOOL_SIZE: THREADPOOL_SIZE, ...process.env };
  const server = spawn(process.execPath, [join(ROOT, 'services/standalone/dist/main.js')], { stdio: 'inherit', env });
  for (const [signal, passedOn] of Object.entries(PASSED_ON)) process.on(signal, () => server.kill(passedOn));
  return new Promise((resolve) => {
    server.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

await main(async () => {
  await ensureInstalled();
  await build();
  return runServer();
});
