import { createPool, type DatabaseAddress } from '@lading/database';
import type { Pool } from 'pg';
import type { RegistryPools } from './registry-pools.js';

/** Connections of each kind; together they stay below PostgreSQL's default of 100 with room for a second process. */
const SIZES = { write: 16, soft: 8, read: 8 };

/**
 * Look-ups take the plan that is right for a full registry from the first row on: prepared once, nested loops over
 * indexes. With the planner's own choice a plan made while the tables were small reads them from end to end. A bitmap
 * has no order, and so reads all that a `LIMIT` would leave.
 */
const INDEX_PLANS = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_sort: 'on',
  jit: 'off',
};

/** The pools of `metadata` on one database. */
export function openPools(address: DatabaseAddress): RegistryPools {
  const open = (kind: keyof typeof SIZES, parameters: Record<string, string>): Pool =>
    createPool({ ...address, max: SIZES[kind], applicationName: `lading metadata ${kind}`, parameters });
  return {
    write: open('write', { jit: 'off', lock_timeout: '10s' }),
    soft: open('soft', { jit: 'off', synchronous_commit: 'off' }),
    read: open('read', INDEX_PLANS),
  };
}

/** Ends all connections; statements in flight end first. */
export async function closePools(pools: RegistryPools): Promise<void> {
  await Promise.all([pools.write.end(), pools.soft.end(), pools.read.end()]);
}
