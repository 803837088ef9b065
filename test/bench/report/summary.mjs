import { median, percentile, spread } from './statistics.mjs';

/** @typedef {import('../measure/measure.mjs').Outcome & {observation?: import('../measure/measure.mjs').Observation}} Sample */
/** @typedef {import('./statistics.mjs').Spread} Spread */

/**
 * One row of one server over all rounds.
 * @typedef {object} Summary
 * @property {string} server
 * @property {Spread} value in the row's unit
 * @property {number} [p50] milliseconds, median of the rounds
 * @property {number} [p99]
 * @property {Spread} [cpu] CPU seconds of all the server's processes per unit of work
 * @property {Record<string, number>} [cpuBy] the same by process name, medians
 * @property {Record<string, number>} [peakMb] highest peak of any process of that name, 10^6 bytes
 * @property {number} [pssMb] memory of the whole tree after the work, median
 * @property {number} [load] highest load average seen
 * @property {number} [othersCores] most cores that anything else took
 * @property {number} [generatorCpu] CPU seconds of the generator per unit of work, median
 * @property {string} [note]
 */

/**
 * @typedef {object} RowSummary
 * @property {string} name
 * @property {string} unit
 * @property {'higher' | 'lower'} better
 * @property {string} [cpuPer]
 * @property {Summary[]} servers in the order they were run
 */

/**
 * @param {string} server
 * @param {Sample[]} samples one for each round, at least one
 * @returns {Summary}
 */
export function summarize(server, samples) {
  const latencies = samples.map((sample) => sample.latencies).filter((one) => one !== undefined);
  /** @type {Summary} */
  const summary = { server, value: spread(samples.map(({ value }) => value)), ...observed(samples) };
  if (latencies.length > 0) {
    summary.p50 = median(latencies.map((one) => percentile(one, 0.5)));
    summary.p99 = median(latencies.map((one) => percentile(one, 0.99)));
  }
  const note = samples.find((sample) => sample.note !== undefined)?.note;
  if (note !== undefined) summary.note = note;
  return summary;
}

/** @param {Sample[]} samples */
function observed(samples) {
  const seen = samples.flatMap(({ observation, work }) =>
    observation === undefined ? [] : [{ ...observation, work: work ?? 1 }],
  );
  if (seen.length === 0) return {};
  const total = (/** @type {Record<string, number>} */ cpu) => Object.values(cpu).reduce((sum, one) => sum + one, 0);
  return {
    cpu: spread(seen.map(({ cpu, work }) => total(cpu) / work)),
    cpuBy: byName(
      seen.map(({ cpu, work }) => mapValues(cpu, (seconds) => seconds / work)),
      median,
    ),
    peakMb: byName(
      seen.flatMap(({ memory }) => memory.map(({ name, peakMb }) => ({ [name]: peakMb ?? 0 }))),
      maximum,
    ),
    pssMb: median(seen.map(({ memory }) => memory.reduce((sum, { pssMb }) => sum + (pssMb ?? 0), 0))),
    load: maximum(seen.map(({ load }) => load)),
    othersCores: maximum(seen.flatMap(({ othersCores }) => othersCores ?? [])),
    generatorCpu: median(seen.map(({ generatorCpu, work }) => generatorCpu / work)),
  };
}

/** NaN for no values. @param {number[]} values */
const maximum = (values) => (values.length === 0 ? Number.NaN : Math.max(...values));

/** @param {Record<string, number>} record @param {(value: number) => number} change */
function mapValues(record, change) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

/** @param {Record<string, number>[]} records @param {(values: number[]) => number} join */
function byName(records, join) {
  /** @type {Record<string, number[]>} */ const gathered = {};
  for (const [name, value] of records.flatMap(Object.entries)) {
    gathered[name] ??= [];
    gathered[name].push(value);
  }
  return Object.fromEntries(Object.entries(gathered).map(([name, values]) => [name, join(values)]));
}
