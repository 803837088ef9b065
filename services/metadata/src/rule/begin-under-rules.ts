import type { PoolClient } from 'pg';
import { type TagRule, TagRules } from './tag-rules.js';

/**
 * What `isFirstTime` does, and the rules of the repository's project with it, held until we commit: a change of them waits
 * for us, or we wait for it and read what it wrote (T15). One statement, so that rules cost a push no round trip.
 *
 * The lock is within the RETURNING: a second attempt of an operation ends without it. FOR KEY SHARE, since pushes share it.
 *
 * @returns undefined when this very operation was carried out before.
 */
export async function beginUnderRules(
  client: PoolClient,
  operationId: string,
  repositoryId: number,
): Promise<TagRules | undefined> {
  const noted = await client.query<{ rules: TagRule[] | null }>({
    name: 'note-operation-under-rules',
    text: `INSERT INTO registry.finished_operation (id) VALUES ($1) ON CONFLICT DO NOTHING
           RETURNING (SELECT u.tag_rules FROM registry.repository r JOIN registry.project_rules u USING (project_id)
                      WHERE r.id = $2 FOR KEY SHARE OF u) AS rules`,
    values: [operationId, repositoryId],
  });
  const [row] = noted.rows;
  return row && new TagRules(row.rules ?? []);
}
