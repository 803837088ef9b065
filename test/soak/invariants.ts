import { brokenReferences, danglingRows } from '../faults/audit.js';
import { waitUntil } from '../faults/processes.js';
import { expectedOf, holdingsOf } from './contents-of.js';
import type { RepositoryLog } from './repository-log.js';

/** Lines of what is wrong that are worth showing. */
const SHOWN = 20;

/** What does not hold although it has to at any moment, also while clients and collector work; empty when all is well. */
export async function brokenNow(dataDir: string, database: string): Promise<string[]> {
  return [...(await danglingRows(dataDir, database)), ...(await brokenReferences(database))];
}

/**
 * Waits until the registry holds what the logs say and nothing else. Nobody may work on it meanwhile.
 *
 * @returns what is lost, which may not be at any time, and what is left after so many seconds
 */
export async function drain(
  dataDir: string,
  database: string,
  logs: ReadonlyMap<string, RepositoryLog>,
  seconds: number,
): Promise<{ lost: string[]; left: string[] }> {
  const expected = expectedOf(logs);
  let lost: string[] = [];
  let left: string[] = [];
  const isOver = async () => {
    const holdings = await holdingsOf(dataDir, database);
    lost = [...expected].filter((line) => !holdings.has(line));
    left = [...holdings].filter((line) => !expected.has(line));
    return lost.length > 0 || left.length === 0;
  };
  await waitUntil(isOver, seconds, 'the end of collection').catch(() => undefined);
  return { lost: lost.slice(0, SHOWN), left: left.slice(0, SHOWN) };
}
