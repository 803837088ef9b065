import { setTimeout as sleep } from 'node:timers/promises';
import { memoryOf, processTree } from '../measure/process-tree.mjs';

/** Start and memory of a server that holds nothing. @type {import('./row.mjs').Group<undefined>} */
export const starts = {
  name: 'starts',
  prepare: async () => undefined,
  rows: () => [startRow('start-empty'), idleRow('idle-memory-empty')],
};

/**
 * From spawn to the first 200 or 401 on /v2/, on a data directory that was used before.
 * @param {string} name @returns {import('./row.mjs').Row<any>}
 */
export function startRow(name) {
  return {
    name,
    unit: 'ms',
    better: 'lower',
    ownProcess: true,
    async arrange(target) {
      await target.stop();
      return { work: async () => ({ value: (await target.restart()).milliseconds }) };
    },
  };
}

/**
 * Memory of the whole tree some seconds after a start. PSS, because the processes of PostgreSQL share their buffers.
 * @param {string} name @returns {import('./row.mjs').Row<any>}
 */
export function idleRow(name) {
  return {
    name,
    unit: 'MB',
    better: 'lower',
    ownProcess: true,
    async arrange(target, _state, { scale }) {
      await target.restart();
      await sleep(scale.idleSeconds * 1000);
      return { work: async () => idleMemory(target) };
    },
  };
}

/** @param {import('../servers/target.mjs').Target} target @returns {import('../measure/measure.mjs').Outcome} */
function idleMemory(target) {
  const memory = memoryOf(processTree(/** @type {number} */ (target.process?.pid), target.dataDir));
  const sum = (/** @type {'pssMb' | 'rssMb'} */ field) => memory.reduce((total, one) => total + (one[field] ?? 0), 0);
  return { value: sum('pssMb'), note: `processes: ${memory.length}, their RSS together ${sum('rssMb').toFixed(0)} MB` };
}
