import type { PoolClient } from 'pg';
import type { TagRules } from './tag-rules.js';

/** Tags that one page looks at. */
const PAGE = 1_000;

/**
 * For a delete of whole repositories, whose rows the caller has locked by an UPDATE or FOR NO KEY UPDATE: every push that was
 * answered is seen, and one that is on its way ends with such a row and finds its repository gone (T8).
 *
 * @throws Denied when one of their tags is immutable (T15).
 */
export async function refuseImmutableIn(
  client: PoolClient,
  repositoryIds: readonly number[],
  rules: TagRules,
): Promise<void> {
  if (!rules.any) return;
  for (const id of repositoryIds) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const names = await pageOf(client, id, after);
      rules.refuseDelete(names);
      after = names.length < PAGE ? undefined : names.at(-1);
    }
  }
}

async function pageOf(client: PoolClient, repositoryId: number, after: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>({
    name: 'tags-to-delete',
    text: 'SELECT name FROM registry.tag WHERE repository_id = $1 AND name > $2 ORDER BY name LIMIT $3',
    values: [repositoryId, after, PAGE],
  });
  return rows.map(({ name }) => name);
}
