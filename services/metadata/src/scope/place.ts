import type { Scope } from '@lading/proto';
import type { Pool } from 'pg';
import { locateRepository } from './locate-repository.js';
import { below } from './name-parts.js';

/** Where a repository is: its project, and its path below that. */
export interface Place {
  projectId: number;
  path: string;
}

/**
 * The live repository `r` at a place, whose values are two parameters: for statements that find it on their way. A grant
 * for a project is held to it so, without a look-up of its own (T9).
 */
export function repositoryAt(project: `$${number}`, path: `$${number}`) {
  const from = 'registry.repository r JOIN registry.project p ON p.id = r.project_id';
  const where = `r.project_id = ${project} AND r.path = ${path} AND r.deleted_at IS NULL AND p.deleted_at IS NULL`;
  return { from, where };
}

/** The place that a scope names by itself; undefined when it was resolved before there was a project. */
export function placeOf(scope: Scope): Place | undefined {
  if (scope.projectId === undefined) return undefined;
  return { projectId: scope.projectId, path: below(scope.name, scope.projectLevel) };
}

/** The same for a scope of any kind, with a look-up where it takes one. @throws as `locateRepository` */
export async function locatePlace(db: Pool, scope: Scope): Promise<(Place & { repositoryId: number }) | undefined> {
  const { project, repository } = await locateRepository(db, scope);
  if (!project || !repository) return undefined;
  return { repositoryId: repository.id, projectId: project.id, path: below(scope.name, project.level) };
}
