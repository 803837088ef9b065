import type { Scope } from '@lading/proto';
import type { Pool } from 'pg';
import { locateRepository } from './locate-repository.js';

/**
 * A scope that names its project: as the grant says, or found by path for a grant from before the project was made.
 * Undefined while there is no project.
 *
 * @throws Unauthorized when what is at the path is not covered by the grant (T9).
 */
export async function bindScope(read: Pool, scope: Scope): Promise<(Scope & { projectId: number }) | undefined> {
  if (scope.projectId !== undefined) return { ...scope, projectId: scope.projectId };
  const { project } = await locateRepository(read, scope);
  return project && { ...scope, projectId: project.id, projectLevel: project.level };
}
