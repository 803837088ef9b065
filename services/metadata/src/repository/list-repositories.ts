import type { ListRepositoriesRequest, ListRepositoriesResponse } from '@lading/proto';
import type { RegistryPools } from '../database/registry-pools.js';

/** Most repositories of one page. */
export const MOST_REPOSITORIES = 1_000;

/** One page of the catalog in byte order of full names, by key; repositories that never had a manifest are left out. */
export async function listRepositories(
  pools: RegistryPools,
  request: ListRepositoriesRequest,
): Promise<ListRepositoriesResponse> {
  const limit = Math.min(request.limit, MOST_REPOSITORIES);
  if (limit === 0) return { names: [], more: false };
  const page = await pools.read.query<{ full_path: string }>({
    name: 'list-repositories',
    text: `SELECT full_path FROM registry.repository
           WHERE deleted_at IS NULL AND shown AND full_path > $1 ORDER BY full_path LIMIT $2`,
    values: [request.after, limit + 1],
  });
  const names = page.rows.slice(0, limit).map((row) => row.full_path);
  return { names, more: page.rows.length > limit };
}
