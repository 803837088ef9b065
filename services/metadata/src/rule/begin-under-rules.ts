import type { PoolClient } from 'pg';
import { type TagRule, TagRules } from './tag-rules.js';

/**
 * What `isFirstTime` does, and the rules of the project with it, in a transaction that opened with `shareRules`: they stay
 * as they are until we commit. One statement, so that rules cost a push no round trip.
 *
 * @returns undefined when this very operation was carried out before.
 */
export async function beginUnderRules(
  client: PoolClient,
  { operationId, projectId }: { operationId: string; projectId: number },
): Promise<TagRules | undefined> {
  const noted = await client.query<{ rules: TagRule[] | null }>({
    name: 'note-operation-under-rules',
    text: `INSERT INTO registry.finished_operation (id) VALUES ($1) ON CONFLICT DO NOTHING
           RETURNING (SELECT tag_rules FROM registry.project_rules WHERE project_id = $2) AS rules`,
    values: [operationId, projectId],
  });
  const [row] = noted.rows;
  return row && new TagRules(row.rules ?? []);
}
