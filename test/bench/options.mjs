import { parseArgs } from 'node:util';

/**
 * @typedef {object} Options
 * @property {number} rounds
 * @property {string} seed
 * @property {boolean} quick
 * @property {string[]} rows beginnings of the names of the rows to run; empty for all
 * @property {string[]} servers kinds to start; the first is compared with the others
 * @property {{name: string, url: string}[]} urls registries that run already
 * @property {number | undefined} seconds of a row of small requests
 */

export const USAGE = `npm run bench -- [options]
  --rounds N          rounds of each row (5; with --quick 1)
  --rows A,B          only the rows whose names begin so: --rows manifest-tag,push-
  --servers A,B       what to start: lading, docker-registry, zot (lading,docker-registry); the first is compared with the rest
  --url NAME=URL      also measure a registry that runs on this machine; http://user:password@127.0.0.1:5000
  --seconds S         length of a row of small requests (1.5; with --quick 0.3)
  --seed S            seed of the content (random)
  --quick             few rows, small sizes: shows that the program works, its figures mean nothing
docs/benchmarks.md is written by a full run only (no --rows, --url or --quick; --servers only to add a peer).`;

/**
 * @param {string[]} args
 * @returns {Options} throws TypeError with a sentence for what is wrong
 */
export function parseOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string' },
      rows: { type: 'string', default: '' },
      servers: { type: 'string', default: DEFAULT_SERVERS },
      url: { type: 'string', multiple: true, default: [] },
      seconds: { type: 'string' },
      seed: { type: 'string', default: Math.random().toString(36).slice(2, 10) },
      quick: { type: 'boolean', default: false },
    },
  });
  return {
    rounds: positive('rounds', values.rounds) ?? (values.quick ? 1 : 5),
    seconds: positive('seconds', values.seconds),
    seed: values.seed,
    quick: values.quick,
    rows: list(values.rows),
    servers: list(values.servers),
    urls: values.url.map(parseUrl),
  };
}

const DEFAULT_SERVERS = 'lading,docker-registry';

/** Whether the run is one that `docs/benchmarks.md` may be made from; more peers may take part. @param {Options} options */
export function isFullRun({ quick, rows, servers, urls }) {
  return !quick && rows.length === 0 && urls.length === 0 && `${servers},`.startsWith(`${DEFAULT_SERVERS},`);
}

/** @param {string} text */
const list = (text) =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** @param {string} name @param {string | undefined} text */
function positive(name, text) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0) || value > 1000) throw new TypeError(`--${name} ${text}: a number above 0, at most 1000`);
  return value;
}

/** @param {string} text */
function parseUrl(text) {
  const [, name, url] = /^([\w.-]+)=(http:\/\/.+)$/.exec(text) ?? [];
  if (name === undefined) throw new TypeError(`--url ${text}: NAME=http://127.0.0.1:PORT`);
  return { name, url };
}
