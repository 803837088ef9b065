import { transaction } from '@lading/database';
import { Conflict, Unprocessable } from '@lading/oci';
import type { ProjectRules, PutProjectRulesRequest, TagRule } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { getProjectRules } from './get-project-rules.js';
import { type RulesRow, rulesOf } from './project-rules.mapper.js';
import { lockRules } from './rules-lock.js';
import { patternFault } from './tag-pattern.js';
import { MOST_RULES } from './tag-rules.js';

/**
 * Replaces the rules of a project by these: a rule that names an id of the project's keeps it, another one gets a new id.
 *
 * It waits for every push that has read the rules, and every push that reads them later waits for it. So a rule holds for
 * each push that is answered after it (T15). The same operation sent again changes nothing.
 *
 * @throws Unprocessable for more than `MOST_RULES`, two equal ones, or a pattern that cannot be used; Conflict when the
 * version is not the one given; NameUnknown for a project that is not there.
 */
export async function putProjectRules(pools: RegistryPools, request: PutProjectRulesRequest): Promise<ProjectRules> {
  const { projectId, version, tagRules } = request.rules as ProjectRules;
  assertUsable(tagRules.map(({ pattern }) => pattern));
  const put = async (client: PoolClient): Promise<ProjectRules | undefined> => {
    if (!(await isFirstTime(client, request.operationId))) return undefined;
    await lockRules(client, projectId);
    const before = await getProjectRules(client, { projectId });
    if (before.version !== version) throw new Conflict('the rules were changed meanwhile');
    return rulesOf(await writeRules(client, before, tagRules, request.principal));
  };
  return (await transaction(pools.write, put)) ?? getProjectRules(pools.read, { projectId });
}

function assertUsable(patterns: readonly string[]): void {
  if (patterns.length > MOST_RULES) throw new Unprocessable(`a project has at most ${MOST_RULES} rules`);
  const faults = patterns.flatMap((pattern) => patternFault(pattern) ?? []);
  if (faults.length > 0) throw new Unprocessable(faults.join('; '));
  const twice = patterns.find((pattern, n) => patterns.indexOf(pattern) < n);
  if (twice !== undefined) throw new Unprocessable(`the project has a rule ${twice} already`);
}

async function writeRules(
  client: PoolClient,
  before: ProjectRules,
  tagRules: readonly TagRule[],
  principal: string,
): Promise<RulesRow> {
  const known = new Set(before.tagRules.map(({ id }) => id));
  const ids = tagRules.map(({ id }) => (known.delete(id) ? id : null));
  const { rows } = await client.query<RulesRow>({
    name: 'write-project-rules',
    text: `INSERT INTO registry.project_rules AS u (project_id, version, changed_by, tag_rules)
           SELECT $1, 1, $4, coalesce(jsonb_agg(jsonb_build_object(
                    'id', coalesce(w.id, nextval('registry.tag_rule_id')), 'pattern', w.pattern) ORDER BY w.n), '[]')
           FROM unnest($2::bigint[], $3::text[]) WITH ORDINALITY AS w(id, pattern, n)
           ON CONFLICT (project_id) DO UPDATE
           SET version = u.version + 1, changed_by = excluded.changed_by, changed_at = clock_timestamp(),
               tag_rules = excluded.tag_rules
           RETURNING project_id, version, tag_rules`,
    values: [before.projectId, ids, tagRules.map(({ pattern }) => pattern), principal],
  });
  return rows[0] as RulesRow;
}
