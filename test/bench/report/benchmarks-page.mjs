import { markdownTable, notes, tableCells } from './table.mjs';
import { worseThan } from './worse-than.mjs';

/**
 * @typedef {object} Report
 * @property {string} date ISO, of the start
 * @property {string} seed
 * @property {number} rounds
 * @property {boolean} quick
 * @property {{cores: number, cpu: string, memoryGb: number, kernel: string, node: string}} machine
 * @property {{name: string, description: string}[]} servers the first is the one the others are compared with
 * @property {import('./summary.mjs').RowSummary[]} rows
 */

const BY_HAND = '<!-- by hand: kept when this page is made again -->';
const END_BY_HAND = '<!-- end by hand -->';
const NOTHING_BY_HAND = '\nNothing yet.\n';

/**
 * The page `docs/benchmarks.md`.
 * @param {Report} report
 * @param {string} [previous] the page as it is, whose hand-written part is kept
 */
export function benchmarksPage(report, previous = '') {
  const worse = worseThan(report.rows);
  const [subject] = report.servers;
  return `${[
    '# Benchmarks',
    `Made by \`npm run bench\` on ${report.date.slice(0, 10)}; only the part between the two markers is written by hand.`,
    '## Method',
    method(report),
    '## Machine',
    machine(report),
    '## Figures',
    `\`ratio\` says how many times better ${subject.name} is than the server of that line, for milliseconds and megabytes too: above 1 it is ahead. \`CPU s\` is user and system time of each process of the server, by name. \`peak MB\` is the highest VmHWM of a process of that name in any round, \`PSS MB\` the memory of the whole tree after the row, \`others\` the most cores that anything but server and generator took, \`load\` the load average of a minute.`,
    markdownTable(tableCells(report.rows)),
    ...remarks(report),
    '## Worse than the peer',
    worse.length === 0 ? 'No row.' : worse.map((line) => `- ${line}`).join('\n'),
    '## What the figures mean',
    `${BY_HAND}${handWritten(previous)}${END_BY_HAND}`,
  ].join('\n\n')}\n`;
}

/** @param {string} page @returns {string} */
function handWritten(page) {
  const start = page.indexOf(BY_HAND);
  const end = page.indexOf(END_BY_HAND);
  return start < 0 || end < start ? NOTHING_BY_HAND : page.slice(start + BY_HAND.length, end);
}

/** @param {Report} report */
function method({ servers, rounds, seed }) {
  return [
    ...servers.map(({ name, description }) => `- ${name}: ${description}`),
    `- Each group of rows runs on fresh servers in fresh directories on one file system. The servers take turns row by row, ${rounds} rounds; the figure is the median of the rounds with the lowest and highest. Seed \`${seed}\`.`,
    '- The generator is one Node process with its own HTTP/1.1 client over raw sockets, keep-alive, requests made beforehand; a closed loop, so each of the `cN` connections waits for its answer before the next request. It shares the cores with the server: compare ratios and CPU seconds, the absolute rates are those of server and generator together.',
    '- Connections are opened and the token is asked for before the timed part. The bytes of manifests and blobs are proved against their digest before the rows; in the rows status and length are.',
    '- A small image is a configuration, three layers of 10 KB and a manifest: nine requests. Large blobs do not compress and never repeat. `push` is POST and one PUT, `stream` POST, one PATCH of unknown length and PUT. `push-1mb` and `push-10mb` go on for the length of a row, POST and PUT for each blob. One push of each way comes before its rows, untimed. Before each large push the file system is written to the disk, so that no row pays for another.',
    '- `push-synced` is the fair push row: docker-registry syncs the files of a blob but not the directories it renames them into and makes (seen with strace), so an acknowledged push may be lost with the power; after each of its pushes `sync -f` runs on its directory, in the timed part. A server that syncs both by itself runs as in `push`.',
    '- `catalog` lists repositories of one tiny image each; `referrers` lists the manifests that name one subject, of ten artifact types, with and without a filter; `token` asks for a token with name and password and one scope. A server that does not offer what a row measures is left out of it.',
    '- `events` are written to the outbox at once, and counted until the collector has handled the last; `event-lag` is from the answer to a push until its event comes over the stream of `/api/v4/events`. `free` is from the word to begin until the last of so many blobs of 1 KB is deleted, on files; docker-registry is stopped for it and `docker-registry garbage-collect` runs, on blobs that were put into its store by hand. `images-...-while-collecting` and `pulls-while-collecting` are the rows beside them while other blobs are being freed, with the note how many were: Lading collects by itself, and `docker-registry garbage-collect` runs again and again, which its documentation forbids. Afterwards every image is looked at. There, and in `free`, what no manifest names is kept for ten seconds in place of a day; the rows of collection have three rounds at most.',
    '- `start` is from spawn to the first 200 or 401 on `/v2/`, on a data directory in use before; `idle-memory` is the PSS of the whole process tree, PostgreSQL included, some seconds after a start.',
  ].join('\n');
}

/** @param {Report} report @returns {string[]} one block, or none */
function remarks({ rows }) {
  const all = notes(rows);
  return all.length === 0 ? [] : [all.map((note) => `- ${note}`).join('\n')];
}

/** @param {Report} report */
function machine({ machine: { cores, cpu, memoryGb, kernel, node } }) {
  return `${cores} cores (${cpu}), ${memoryGb} GB, Linux ${kernel.split('-', 1)[0]}, Node ${node}; loopback, no TLS.`;
}
