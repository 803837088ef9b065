import { transaction } from '@lading/database';
import type { Pool, PoolClient } from 'pg';
import { shareRules } from './rules-lock.js';

/** A transaction that no change of the project's rules falls into; `beginUnderRules` reads them. */
export function underRules<T>(write: Pool, projectId: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
  return transaction(write, work, { opening: shareRules(projectId) });
}
