import type { Scope } from '@lading/proto';
import type { Pool, PoolClient } from 'pg';
import { below, prefixes } from './name-parts.js';
import { staleGrant } from './stale-grant.js';

/** Where a scope points to now. */
export interface Location {
  project?: { id: number; level: number };
  repository?: { id: number; shown: boolean };
}

/**
 * Finds the project and repository of a scope, and holds the grant to them (T9).
 *
 * A grant that names a project is good for that project only: once it is deleted, the grant is worth nothing, also
 * when another project was made at the same path. A grant given when the path had no project is good for the project
 * that was made there since.
 *
 * @throws Unauthorized (`invalid_token`) when the grant belongs to another project than the path does now.
 */
export async function locateRepository(db: Pool | PoolClient, scope: Scope): Promise<Location> {
  if (scope.projectId === undefined) return locateByPath(db, scope);
  const found = await db.query<{ repository_id: number | null; shown: boolean | null }>({
    name: 'locate-repository',
    text: `SELECT r.id AS repository_id, r.shown
           FROM registry.project p
           LEFT JOIN registry.repository r ON r.project_id = p.id AND r.path = $2 AND r.deleted_at IS NULL
           WHERE p.id = $1 AND p.deleted_at IS NULL`,
    values: [scope.projectId, below(scope.name, scope.projectLevel)],
  });
  const [row] = found.rows;
  if (!row) throw staleGrant();
  return locationOf(scope.projectId, scope.projectLevel, row);
}

async function locateByPath(db: Pool | PoolClient, scope: Scope): Promise<Location> {
  const found = await db.query<ProjectRow>({
    name: 'locate-by-path',
    text: `SELECT p.id, p.path, p.group_id, p.created_by, g.created_by AS group_created_by,
                  p.created_xid >= $2::text::xid8 AS newer, r.id AS repository_id, r.shown
           FROM registry.project p JOIN registry.project_group g ON g.id = p.group_id
           LEFT JOIN registry.repository r
             ON r.project_id = p.id AND r.path = substr($3, length(p.path) + 2) AND r.deleted_at IS NULL
           WHERE p.path = ANY($1) AND p.deleted_at IS NULL
           ORDER BY length(p.path) DESC LIMIT 1`,
    values: [prefixes(scope.name), String(scope.resolvedXid), scope.name],
  });
  const [row] = found.rows;
  if (!row) return {};
  if (!coversNewProject(scope, row)) throw staleGrant();
  return locationOf(row.id, row.path.split('/').length, row);
}

interface ProjectRow {
  id: number;
  path: string;
  group_id: number;
  created_by: string;
  group_created_by: string;
  newer: boolean;
  repository_id: number | null;
  shown: boolean | null;
}

/**
 * T9, second half: made after the look-up that found nothing, in the group it names; where none existed, both by this
 * very principal. "After" is by transaction, not by clock: five layers of one image start at once, and the row that one of
 * them makes bears an earlier time than the look-up of another that could not see it yet.
 */
function coversNewProject(scope: Scope, project: ProjectRow): boolean {
  if (!project.newer) return false;
  if (scope.groupId !== undefined) return project.group_id === scope.groupId;
  return project.created_by === scope.principal && project.group_created_by === scope.principal;
}

function locationOf(
  id: number,
  level: number,
  row?: { repository_id: number | null; shown: boolean | null },
): Location {
  const project = { id, level };
  if (!row || row.repository_id === null) return { project };
  return { project, repository: { id: row.repository_id, shown: row.shown ?? false } };
}
