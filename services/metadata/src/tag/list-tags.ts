import { NameUnknown } from '@lading/oci';
import type { ListTagsRequest, ListTagsResponse, Scope } from '@lading/proto';
import type { RegistryPools } from '../database/registry-pools.js';
import { locateRepository } from '../scope/locate-repository.js';

/** Most tags of one page. */
export const MOST_TAGS = 10_000;

/**
 * One page of a repository's tags in byte order, by key: the last page costs what the first does. One row more than
 * asked tells whether there are more.
 *
 * @throws NameUnknown for a repository that is not there, or that never had a manifest.
 */
export async function listTags(pools: RegistryPools, request: ListTagsRequest): Promise<ListTagsResponse> {
  const { repository } = await locateRepository(pools.read, request.scope as Scope);
  if (!repository?.shown) throw new NameUnknown();
  const limit = Math.min(request.limit, MOST_TAGS);
  if (limit === 0) return { tags: [], more: false };
  const page = await pools.read.query<{ name: string }>({
    name: 'list-tags',
    text: 'SELECT name FROM registry.tag WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3',
    values: [repository.id, request.after, limit + 1],
  });
  const tags = page.rows.slice(0, limit).map((row) => row.name);
  return { tags, more: page.rows.length > limit };
}
