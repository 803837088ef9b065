import { NameUnknown } from '@lading/oci';
import type { Scope } from '@lading/proto';
import type { RegistryPools } from '../database/registry-pools.js';
import { ensureRepository, type Home } from './ensure-repository.js';

/** Attempts to write into a repository that the collector drops as often as it is made. */
const ATTEMPTS = 3;

/**
 * Runs a first write in a repository that may have to be made first. A repository dropped between the two, which only
 * happens to one that nothing is in, is made again.
 */
export async function inRepository<T>(
  pools: RegistryPools,
  scope: Scope,
  levels: number,
  work: (home: Home) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(await ensureRepository(pools.read, pools.write, scope, levels));
    } catch (error) {
      if (!isDropped(error)) throw error;
      if (attempt >= ATTEMPTS) throw error instanceof NameUnknown ? error : new NameUnknown();
    }
  }
}

/** A write finds that its repository was dropped at its end, or at the first row of its own that refers to it. */
function isDropped(error: unknown): boolean {
  if (error instanceof NameUnknown) return true;
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  return code === '23503' && String(constraint).endsWith('_repository_id_fkey');
}
