import type { ProjectRules } from '@lading/proto';
import type { TagRule } from './tag-rules.js';

/** The row of a project's rules; without values where there is none yet. */
export interface RulesRow {
  project_id: number;
  version: number | null;
  tag_rules: TagRule[] | null;
}

export function rulesOf({ project_id: projectId, version, tag_rules }: RulesRow): ProjectRules {
  const tagRules = (tag_rules ?? []).map(({ id, pattern }) => ({ id, pattern }));
  return { projectId, version: version ?? 0, tagRules };
}
