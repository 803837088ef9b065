/**
 * Measures registries against each other: `npm run bench -- --help`. Everything happens on 127.0.0.1, in a temporary
 * directory, within a bounded time.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isFullRun, parseOptions, USAGE } from './options.mjs';
import { benchmarksPage } from './report/benchmarks-page.mjs';
import { notes, plainTable, tableCells } from './report/table.mjs';
import { worseThan } from './report/worse-than.mjs';
import { catalog } from './rows/catalog.mjs';
import { collection } from './rows/collection.mjs';
import { events } from './rows/events.mjs';
import { images } from './rows/images.mjs';
import { pulls } from './rows/pulls.mjs';
import { pushes, smallPushes } from './rows/pushes.mjs';
import { reads } from './rows/reads.mjs';
import { referrers } from './rows/referrers.mjs';
import { starts } from './rows/starts.mjs';
import { tags } from './rows/tags.mjs';
import { tokens } from './rows/tokens.mjs';
import { foreignServer, runGroup, startedServer } from './run-group.mjs';
import { dockerRegistry } from './servers/docker-registry.mjs';
import { lading } from './servers/lading.mjs';
import { zot } from './servers/zot.mjs';

/** @typedef {import('./options.mjs').Options} Options */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RESULTS = join(ROOT, 'test-results');
const PAGE = join(ROOT, 'docs/benchmarks.md');
const GROUPS = [
  reads,
  tokens,
  smallPushes,
  pushes('push'),
  pushes('push-synced'),
  pushes('stream'),
  pulls,
  images,
  tags(0),
  tags(1),
  catalog,
  referrers,
  events,
  collection,
  starts,
];
const LAUNCHERS = [lading, dockerRegistry, zot];

/** @type {import('./rows/row.mjs').Scale} */
const FULL = {
  seconds: 1.5,
  warmSeconds: 0.4,
  blobMb: 100,
  smallBlobMb: [1, 10],
  tags: [10_000, 100_000],
  repositories: 10_000,
  referrers: 1_000,
  idleSeconds: 3,
  freed: [10_000, 100_000],
  garbage: 10_000,
  images: 2_000,
  events: 20_000,
  leaseSeconds: 10,
};
/** @type {import('./rows/row.mjs').Scale} */
const QUICK = {
  seconds: 0.3,
  warmSeconds: 0.1,
  blobMb: 20,
  smallBlobMb: [1],
  tags: [300],
  repositories: 250,
  referrers: 50,
  idleSeconds: 0.5,
  freed: [300],
  garbage: 300,
  images: 40,
  events: 500,
  leaseSeconds: 2,
};
const QUICK_ROWS = [
  'manifest-tag/c16',
  'head-blob',
  'blob-10kb/c16',
  'token/c1',
  'push-1mb/c1',
  'push-20mb',
  'stream-20mb/c1',
  'pull-20mb/c1',
  'images-8',
  'tags-300-last-page/c1',
  'catalog-250-last-page/c1',
  'referrers-50/c1',
  'events-500',
  'event-lag',
  'free-300-blobs',
  'images-40-while-collecting',
  'start-300',
  'idle-memory-300',
];
const TIME_LIMIT_MINUTES = 90;

/** @type {Set<import('./servers/target.mjs').Target>} */
const open = new Set();

/** @param {Options} options @returns {{server: import('./run-group.mjs').Server, description: string}[]} */
function chooseServers({ servers, urls }) {
  const started = servers.map((kind, index) => {
    const launcher = LAUNCHERS.find((one) => one.kind === kind);
    if (launcher === undefined)
      throw new TypeError(`--servers ${kind}: one of ${LAUNCHERS.map((one) => one.kind).join(', ')}`);
    const missing = launcher.missing();
    if (missing !== undefined) throw new TypeError(missing);
    const name = servers.indexOf(kind) === index ? kind : `${kind}-${index + 1}`;
    return { server: startedServer(name, launcher), description: launcher.description };
  });
  const foreign = urls.map(({ name, url }) => ({
    server: foreignServer(name, url),
    description: `runs already at ${new URL(url).host}.`,
  }));
  return [...started, ...foreign];
}

/**
 * @param {Options} options
 * @param {import('./run-group.mjs').Server[]} servers
 * @param {string} dir
 */
async function runRows(options, servers, dir) {
  const scale = {
    ...(options.quick ? QUICK : FULL),
    ...(options.seconds === undefined ? {} : { seconds: options.seconds }),
  };
  const wanted = options.rows.length > 0 ? options.rows : options.quick ? QUICK_ROWS : [''];
  const isWanted = (/** @type {{name: string}} */ { name }) => wanted.some((start) => name.startsWith(start));
  const log = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);
  const summaries = [];
  for (const group of GROUPS) {
    const rows = group.rows(scale).filter(isWanted);
    if (rows.length === 0) continue;
    const context = { scale, seed: `${options.seed} ${group.name}` };
    summaries.push(...(await runGroup(group, rows, servers, { context, rounds: options.rounds, dir, log, open })));
  }
  if (summaries.length === 0) throw new TypeError(`--rows ${options.rows.join()}: no such row`);
  return summaries;
}

/** @param {Options} options @param {string} dir */
async function makeReport(options, dir) {
  const chosen = chooseServers(options);
  const date = new Date().toISOString();
  const rows = await runRows(
    options,
    chosen.map(({ server }) => server),
    dir,
  );
  return {
    date,
    rows,
    seed: options.seed,
    rounds: options.rounds,
    quick: options.quick,
    machine: {
      cores: cpus().length,
      cpu: cpus()[0].model,
      memoryGb: Math.round(totalmem() / 1e9),
      kernel: release(),
      node: process.versions.node,
    },
    servers: chosen.map(({ server, description }) => ({ name: server.name, description })),
  };
}

/** @param {Options} options @param {import('./report/benchmarks-page.mjs').Report} report */
function publish(options, report) {
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `bench-${report.date.replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  const worse = worseThan(report.rows);
  const lines = [
    plainTable(tableCells(report.rows)),
    ...notes(report.rows),
    `Worse than the peer: ${worse.length === 0 ? 'no row' : ''}`,
    ...worse.map((line) => `  ${line}`),
    `Seed ${report.seed}; all figures in ${file}`,
  ];
  if (isFullRun(options)) {
    writeFileSync(PAGE, benchmarksPage(report, readPage()));
    lines.push(`Wrote ${PAGE}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** @returns {string} */
function readPage() {
  try {
    return readFileSync(PAGE, 'utf8');
  } catch {
    return '';
  }
}

/** @param {string[]} args @returns {Promise<number>} the exit code */
async function main(args) {
  if (args.includes('--help')) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const options = parseOptions(args);
  const dir = mkdtempSync(join(tmpdir(), 'registry-bench-'));
  const stopEarly = async (/** @type {string} */ why) => {
    process.stderr.write(`bench: ${why}, stopping the servers\n`);
    await Promise.all([...open].map((target) => target.stop()));
    rmSync(dir, { recursive: true, force: true });
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stopEarly(signal));
  const limit = setTimeout(
    () => void stopEarly(`not done after ${TIME_LIMIT_MINUTES} minutes`),
    TIME_LIMIT_MINUTES * 60_000,
  );
  try {
    publish(options, await makeReport(options, dir));
    return 0;
  } finally {
    clearTimeout(limit);
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param {unknown} error */
function complain(error) {
  const text = error instanceof TypeError ? error.message : /** @type {Error} */ (error).stack;
  process.stderr.write(`bench: ${text}\n`);
  return 1;
}

const code = await main(process.argv.slice(2)).catch(complain);
// A row that failed may leave connections open, which would keep the process; its output is written first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
