// `node tools/conformance-report.mjs`: runs the distribution specification's suite at 1.1 against the built server and
// writes what the official results repository (opencontainers/oci-conformance) wants of a product, ready to be copied.
import './require-node.mjs';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { leaks, productOf, readmeOf, shortfalls } from './conformance-files.mjs';
import { build, ensureInstalled, main, ROOT, SetupError } from './setup.mjs';

const SUITE = join(ROOT, '.tools/bin/conformance');
const TARGET = join(ROOT, 'docs/conformance/v1.1/lading');
/** Written by the suite; the other two files are written here. */
const REPORTS = ['results.yaml', 'report.html', 'junit.xml'];
const READY = /^Lading is ready at http:\/\/(\S+)/m;
const LIMIT_MS = 120_000;

/** What the server is started with and what the suite is told, as the README shows them. */
const SERVER = { LADING_SPARSE: 'all' };
const ASKED = {
  OCI_VERSION: '1.1',
  OCI_REGISTRY: '127.0.0.1:5000',
  OCI_TLS: 'disabled',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_TAG_PARAM: 'true',
  OCI_DATA_SPARSE: 'true',
};

/** Starts a program of its own environment; `untilReady` resolves with its output so far, or rejects when it ends first. */
function start(command, args, { env, cwd, stderr = 'inherit' }) {
  const options = {
    env: { PATH: process.env.PATH, ...env },
    cwd,
    stdio: ['ignore', 'pipe', stderr],
    timeout: LIMIT_MS,
  };
  const child = spawn(command, args, options);
  let output = '';
  child.stdout.on('data', (piece) => {
    output += piece;
  });
  const ended = new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
  const untilReady = (pattern) =>
    new Promise((resolve, reject) => {
      child.stdout.on('data', () => pattern.test(output) && resolve(output));
      void ended.then(({ code }) =>
        reject(new SetupError(`${command} ended with ${code} before it was ready:\n${output}`)),
      );
    });
  return { child, ended, untilReady };
}

async function runSuite(dir, password) {
  const [, port] = ASKED.OCI_REGISTRY.split(':');
  const settings = { LADING_DATA_DIR: join(dir, 'data'), LADING_PORT: port, LADING_ADMIN_PASSWORD: password };
  const server = start(process.execPath, [join(ROOT, 'services/standalone/dist/main.js')], {
    env: { HOME: process.env.HOME, LADING_LOG_LEVEL: 'error', ...settings, ...SERVER },
  });
  try {
    await server.untilReady(READY);
    const env = { ...ASKED, OCI_USERNAME: 'admin', OCI_PASSWORD: password };
    return await start(SUITE, [], { env, cwd: dir }).ended;
  } finally {
    server.child.kill('SIGTERM');
    await server.ended;
  }
}

/** Name and version of the pinned suite, as `go install` takes it. */
function suiteModule() {
  const script = readFileSync(join(ROOT, 'test/tools/install.sh'), 'utf8');
  const pinned = (name) => new RegExp(`^${name}=(\\S+)$`, 'm').exec(script)[1];
  return `${pinned('CONFORMANCE')}@${pinned('CONFORMANCE_VERSION')}`;
}

async function report() {
  if (!existsSync(SUITE)) throw new SetupError('the suite is not there: run test/tools/install.sh');
  await ensureInstalled();
  await build();
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const dir = mkdtempSync(join(tmpdir(), 'lading-conformance-'));
  const password = randomBytes(16).toString('hex');
  try {
    const { code, output } = await runSuite(dir, password);
    const found = shortfalls(output, code);
    if (found.length > 0) throw new SetupError(`not a clean run, so nothing is written:\n${found.join('\n')}`);
    const files = Object.fromEntries(REPORTS.map((name) => [name, readFileSync(join(dir, 'results', name), 'utf8')]));
    files['README.md'] = readmeOf({ version, suite: suiteModule(), server: SERVER, asked: ASKED, output });
    files['PRODUCT.yaml'] = productOf(join(TARGET, 'PRODUCT.yaml'), version);
    const leaked = leaks(files, [password, dir, ROOT, hostname(), userInfo().homedir]);
    if (leaked.length > 0)
      throw new SetupError(`this must not be published, so nothing is written:\n${leaked.join('\n')}`);
    mkdirSync(TARGET, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(TARGET, name), text);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  console.log(`written to ${TARGET}`);
  return 0;
}

await main(report);
