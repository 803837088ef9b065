import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{pid: number, name: string, parent: number, ticks: number}} ProcessStat ticks of CPU, reaped children included */

// Linux counts in hundredths of a second (USER_HZ) on every architecture Node runs on.
const TICKS_PER_SECOND = 100;

/** @param {number} pid @returns {ProcessStat | undefined} undefined when it has ended */
function readStat(pid) {
  const text = readOptional(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name may hold blanks and brackets, so the fields are counted from its last bracket (proc_pid_stat(5)).
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]);
  return { pid, name: text.slice(text.indexOf('(') + 1, close), parent: Number(fields[1]), ticks };
}

/**
 * The process, its descendants, and a PostgreSQL whose data lies below `dataDir`: one started through pg_ctl is
 * nobody's child.
 * @param {number} root @param {string} [dataDir]
 * @returns {ProcessStat[]}
 */
export function processTree(root, dataDir) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)));
  const wanted = new Set([root, ...(dataDir === undefined ? [] : postmasters(dataDir, 3))]);
  const present = all.filter((one) => one !== undefined);
  for (let grown = -1; grown !== wanted.size; ) {
    grown = wanted.size;
    for (const one of present) if (wanted.has(one.parent)) wanted.add(one.pid);
  }
  return present.filter((one) => wanted.has(one.pid));
}

/** @param {string} dir @param {number} depth @returns {number[]} */
function postmasters(dir, depth) {
  const file = join(dir, 'postmaster.pid');
  if (existsSync(file)) return [Number(readFileSync(file, 'utf8').split('\n', 1)[0])];
  if (depth === 0 || !existsSync(dir)) return [];
  const folders = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap((entry) => postmasters(join(dir, entry.name), depth - 1));
}

/**
 * CPU seconds by process name since a snapshot. A process that ended meanwhile is in its parent's figure.
 * @param {ProcessStat[]} before @param {ProcessStat[]} after
 * @returns {Record<string, number>}
 */
export function cpuSeconds(before, after) {
  /** @type {Record<string, number>} */ const seconds = {};
  for (const { name, ticks } of after) seconds[name] = (seconds[name] ?? 0) + ticks / TICKS_PER_SECOND;
  for (const { name, ticks } of before) seconds[name] = (seconds[name] ?? 0) - ticks / TICKS_PER_SECOND;
  return Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, Number(value.toFixed(2))]));
}

/** Sets VmHWM of the processes back to what they hold now (proc(5), clear_refs 5). @param {ProcessStat[]} processes */
export function resetPeaks(processes) {
  for (const { pid } of processes) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // It ended, or belongs to another user: its peak then counts from its start.
    }
  }
}

/** @typedef {{pid: number, name: string, peakMb?: number, rssMb?: number, pssMb?: number}} Memory in 10^6 bytes */

/** @param {ProcessStat[]} processes @returns {Memory[]} */
export function memoryOf(processes) {
  return processes.map(({ pid, name }) => {
    const status = readOptional(`/proc/${pid}/status`) ?? '';
    const rollup = readOptional(`/proc/${pid}/smaps_rollup`) ?? '';
    return {
      pid,
      name,
      peakMb: kilobytes(status, 'VmHWM'),
      rssMb: kilobytes(status, 'VmRSS'),
      pssMb: kilobytes(rollup, 'Pss'),
    };
  });
}

/** @param {string} text @param {string} field @returns {number | undefined} in 10^6 bytes */
function kilobytes(text, field) {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text);
  return found === null ? undefined : (Number(found[1]) * 1024) / 1e6;
}

/** @returns {number} CPU seconds the whole machine has spent, idle and waiting for disks left out */
export function machineCpuSeconds() {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}

/** @param {string} path @returns {string | undefined} */
function readOptional(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
