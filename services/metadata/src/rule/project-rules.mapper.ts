import type { ProjectRules } from '@lading/proto';
import type { TagRule } from './tag-rules.js';

export interface RulesRow {
  project_id: number;
  version: number;
  tag_rules: TagRule[];
}

export function rulesOf(row: RulesRow): ProjectRules {
  const tagRules = row.tag_rules.map(({ id, pattern }) => ({ id, pattern }));
  return { projectId: row.project_id, version: row.version, tagRules };
}
