import { transaction } from '@lading/database';
import { Conflict, NameUnknown, Unprocessable } from '@lading/oci';
import type { ProjectRules, PutProjectRulesRequest, TagRule } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { getProjectRules } from './get-project-rules.js';
import { type RulesRow, rulesOf } from './project-rules.mapper.js';
import { patternFault } from './tag-pattern.js';
import { MOST_RULES } from './tag-rules.js';

/**
 * Replaces the rules of a project by these: a rule that names an id of the project's keeps it, another one gets a new id.
 *
 * FOR UPDATE waits for every push that has read the rules, and every push that reads them later waits for this one. So a
 * rule holds for each push that is answered after it, and none that was answered before is undone (T15). The same
 * operation sent again changes nothing.
 *
 * @throws Unprocessable for more than `MOST_RULES`, two equal ones, or a pattern that cannot be used; Conflict when the
 * version is not the one given; NameUnknown for a project that is not there.
 */
export async function putProjectRules(pools: RegistryPools, request: PutProjectRulesRequest): Promise<ProjectRules> {
  const { projectId, version, tagRules } = request.rules as ProjectRules;
  assertUsable(tagRules.map(({ pattern }) => pattern));
  const put = async (client: PoolClient): Promise<ProjectRules | undefined> => {
    if (!(await isFirstTime(client, request.operationId))) return undefined;
    const before = await lockRules(client, projectId);
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

async function lockRules(client: PoolClient, projectId: number): Promise<RulesRow> {
  const { rows } = await client.query<RulesRow>({
    name: 'lock-project-rules',
    text: `SELECT u.project_id, u.version, u.tag_rules
           FROM registry.project_rules u JOIN registry.project p ON p.id = u.project_id
           WHERE u.project_id = $1 AND p.deleted_at IS NULL FOR UPDATE OF u`,
    values: [projectId],
  });
  const [row] = rows;
  if (!row) throw new NameUnknown('project not known to the registry');
  return row;
}

async function writeRules(
  client: PoolClient,
  before: RulesRow,
  tagRules: readonly TagRule[],
  principal: string,
): Promise<RulesRow> {
  const known = new Set(before.tag_rules.map(({ id }) => id));
  const ids = tagRules.map(({ id }) => (known.delete(id) ? id : null));
  const { rows } = await client.query<RulesRow>({
    name: 'write-project-rules',
    text: `UPDATE registry.project_rules
           SET version = version + 1, changed_by = $4, changed_at = clock_timestamp(), tag_rules = coalesce((
             SELECT jsonb_agg(jsonb_build_object('id', coalesce(w.id, nextval('registry.tag_rule_id')),
                                                 'pattern', w.pattern) ORDER BY w.n)
             FROM unnest($2::bigint[], $3::text[]) WITH ORDINALITY AS w(id, pattern, n)), '[]')
           WHERE project_id = $1 RETURNING project_id, version, tag_rules`,
    values: [before.project_id, ids, tagRules.map(({ pattern }) => pattern), principal],
  });
  return rows[0] as RulesRow;
}
