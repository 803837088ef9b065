import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { measure } from './measure/measure.mjs';
import { summarize } from './report/summary.mjs';
import { foreignTarget } from './servers/foreign-target.mjs';
import { startTarget } from './servers/start-target.mjs';

/** @typedef {import('./rows/row.mjs').Group<any>} Group */
/** @typedef {import('./rows/row.mjs').Row<any>} Row */
/** @typedef {import('./servers/target.mjs').Target} Target */
/** @typedef {{name: string, leftOut?: readonly string[], open: (dir: string, settings?: Record<string, string>) => Promise<Target>}} Server */

/** @param {string} name @param {import('./servers/target.mjs').Launcher} launcher @returns {Server} */
export function startedServer(name, launcher) {
  return { name, leftOut: launcher.leftOut, open: (dir, settings) => startTarget(launcher, name, dir, settings) };
}

/** @param {string} name @param {string} url @returns {Server} */
export function foreignServer(name, url) {
  return { name, open: async () => foreignTarget(name, url) };
}

/**
 * Runs the rows of a group on fresh servers, which take turns row by row, and removes what they stored.
 * @param {Group} group
 * @param {Row[]} rows of the group, those that are wanted
 * @param {Server[]} servers
 * @param {object} run
 * @param {import('./rows/row.mjs').Context} run.context
 * @param {number} run.rounds
 * @param {string} run.dir
 * @param {(line: string) => void} run.log
 * @param {Set<Target>} run.open the servers that run now, for who has to stop early
 * @returns {Promise<import('./report/summary.mjs').RowSummary[]>}
 */
export async function runGroup(group, rows, servers, { context, rounds, dir, log, open }) {
  /** @type {{target: Target, state: unknown}[]} */ const ready = [];
  try {
    for (const server of servers) {
      if (server.leftOut?.includes(group.name)) continue;
      log(`${group.name}: preparing ${server.name}`);
      const target = await server.open(join(dir, group.name, server.name), group.settings?.(context.scale));
      open.add(target);
      ready.push({ target, state: await group.prepare(target, context) });
    }
    const summaries = [];
    for (const row of rows) {
      log(row.name);
      summaries.push(await runRow(row, ready, context, rounds));
    }
    return summaries;
  } finally {
    for (const { target } of ready) await target.stop();
    for (const target of open) await target.stop();
    open.clear();
    await rm(join(dir, group.name), { recursive: true, force: true });
  }
}

/**
 * @param {Row} row
 * @param {{target: Target, state: unknown}[]} ready
 * @param {import('./rows/row.mjs').Context} context
 * @param {number} rounds
 * @returns {Promise<import('./report/summary.mjs').RowSummary>}
 */
async function runRow(row, ready, context, rounds) {
  const able = ready.filter(
    ({ target, state }) =>
      (row.ownProcess !== true || target.process !== undefined) && (row.able === undefined || row.able(state)),
  );
  /** @type {Map<Target, import('./report/summary.mjs').Sample[]>} */ const samples = new Map(
    able.map(({ target }) => [target, []]),
  );
  for (let round = 0; round < Math.min(rounds, row.mostRounds ?? rounds); round += 1) {
    for (const { target, state } of able) {
      const { work, end } = await row.arrange(target, state, context);
      try {
        samples.get(target)?.push(await measure(target, work));
      } finally {
        end?.();
      }
    }
  }
  const { name, unit, better, cpuPer } = row;
  return { name, unit, better, cpuPer, servers: [...samples].map(([target, all]) => summarize(target.name, all)) };
}
