import type { ProjectRules } from '@lading/proto';

/** A rule as GitLab shows it: without levels it makes tags immutable. */
export interface ShownRule {
  readonly id: number;
  readonly project_id: number;
  readonly tag_name_pattern: string;
  readonly minimum_access_level_for_push: null;
  readonly minimum_access_level_for_delete: null;
}

export function shownRules({ projectId, tagRules }: ProjectRules): ShownRule[] {
  return tagRules.map(({ id, pattern }) => ({
    id,
    project_id: projectId,
    tag_name_pattern: pattern,
    minimum_access_level_for_push: null,
    minimum_access_level_for_delete: null,
  }));
}
