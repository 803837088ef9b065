import { randomUUID } from 'node:crypto';
import type { ProjectRules, Scope } from '@lading/proto';
import type { Registry } from './registry.js';

/** Gives the project of a scope these rules and no others. */
export async function putRules(registry: Registry, scope: Scope, ...patterns: string[]): Promise<ProjectRules> {
  const projectId = scope.projectId as number;
  const before = await registry.rules.getProjectRules({ projectId });
  const tagRules = patterns.map((pattern) => ({ id: 0, pattern }));
  const rules = { projectId, version: before.rules?.version ?? 0, tagRules };
  const put = await registry.rules.putProjectRules({ rules, operationId: randomUUID(), principal: scope.principal });
  return put.rules as ProjectRules;
}
