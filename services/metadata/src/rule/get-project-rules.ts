import { NameUnknown } from '@lading/oci';
import type { GetProjectRulesRequest, ProjectRules } from '@lading/proto';
import type { Pool, PoolClient } from 'pg';
import { type RulesRow, rulesOf } from './project-rules.mapper.js';

/** The rules of a live project, by its id or else its path. @throws NameUnknown when there is none. */
export async function getProjectRules(db: Pool | PoolClient, request: GetProjectRulesRequest): Promise<ProjectRules> {
  const { rows } = await db.query<RulesRow>({
    name: 'get-project-rules',
    text: `SELECT p.id AS project_id, u.version, u.tag_rules
           FROM registry.project p LEFT JOIN registry.project_rules u ON u.project_id = p.id
           WHERE p.deleted_at IS NULL AND (p.id = $1::bigint OR ($1 IS NULL AND p.path = $2))`,
    values: [request.projectId ?? null, request.path ?? null],
  });
  const [row] = rows;
  if (!row) throw new NameUnknown('project not known to the registry');
  return rulesOf(row);
}
