import { loadavg } from 'node:os';
import { cpuSeconds, machineCpuSeconds, memoryOf, processTree, resetPeaks } from './process-tree.mjs';

/** @typedef {import('../servers/target.mjs').Target} Target */

/**
 * @typedef {object} Outcome what a row's work gives
 * @property {number} value in the row's unit
 * @property {number} [work] what CPU is counted against: 10,000 requests, a GB
 * @property {number[]} [latencies] milliseconds
 * @property {string} [note] what the reader must know about this answer
 */

/**
 * @typedef {object} Observation what the processes spent meanwhile; undefined for a registry that we did not start
 * @property {Record<string, number>} cpu CPU seconds by process name
 * @property {import('./process-tree.mjs').Memory[]} memory after the work, with the peak during it
 * @property {number} generatorCpu
 * @property {number} [othersCores] cores that neither server nor generator took; absent when the time was too short to tell
 * @property {number} load load average over a minute
 */

/**
 * @param {Target} target
 * @param {() => Promise<Outcome>} work
 * @returns {Promise<Outcome & {observation?: Observation}>}
 */
export async function measure(target, work) {
  if (target.process === undefined) return work();
  const processes = () => processTree(/** @type {number} */ (target.process?.pid), target.dataDir);
  const before = processes();
  resetPeaks(before);
  const generatorBefore = process.cpuUsage();
  const machineBefore = machineCpuSeconds();
  const start = performance.now();
  const outcome = await work();
  const seconds = (performance.now() - start) / 1000;
  const machine = machineCpuSeconds() - machineBefore;
  const generator = process.cpuUsage(generatorBefore);
  const after = processes(); // others than before, when the work was a start
  const generatorCpu = (generator.user + generator.system) / 1e6;
  const cpu = cpuSeconds(before, after);
  const served = Object.values(cpu).reduce((sum, one) => sum + one, 0);
  // Ticks are 10 ms: in a shorter time the rest says nothing.
  const othersCores = seconds < 0.2 ? undefined : Math.max(0, machine - served - generatorCpu) / seconds;
  return { ...outcome, observation: { cpu, memory: memoryOf(after), generatorCpu, othersCores, load: loadavg()[0] } };
}
