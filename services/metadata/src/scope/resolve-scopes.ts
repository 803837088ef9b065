import type { ResolvedScope } from '@lading/proto';
import type { Pool } from 'pg';
import { prefixes } from './name-parts.js';

/**
 * For each name the project and group it belongs to now, and the oldest transaction that was not settled then, which T9
 * compares with the one that made a project: what the look-up did not see was made by that transaction or a later one.
 */
export async function resolveScopes(read: Pool, names: readonly string[]): Promise<ResolvedScope[]> {
  if (names.length === 0) return [];
  const paths = names.map(prefixes);
  const { rows } = await read.query<Row>({
    name: 'resolve-scopes',
    text: `SELECT 'xmin' AS kind, '' AS path, pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS id
           UNION ALL SELECT 'project', path, id FROM registry.project WHERE path = ANY($1) AND deleted_at IS NULL
           UNION ALL SELECT 'group', path, id FROM registry.project_group WHERE path = ANY($1) AND deleted_at IS NULL`,
    values: [[...new Set(paths.flat())]],
  });
  const idsOf = (kind: Row['kind']) =>
    new Map(rows.filter((row) => row.kind === kind).map(({ path, id }) => [path, id]));
  const [projects, groups] = [idsOf('project'), idsOf('group')];
  const resolvedXid = rows.find(({ kind }) => kind === 'xmin')?.id as number;
  return names.map((name, n) => {
    const project = longest(paths[n] as string[], projects);
    const group = longest(paths[n] as string[], groups);
    return {
      ...{ name, projectId: project.id, projectLevel: project.level },
      ...{ groupId: group.id, groupLevel: group.level, resolvedXid },
    };
  });
}

interface Row {
  kind: 'xmin' | 'project' | 'group';
  path: string;
  id: number;
}

/** @param paths of one name, longest first. */
function longest(paths: string[], ids: Map<string, number>): { id: number | undefined; level: number } {
  const at = paths.findIndex((path) => ids.has(path));
  return at < 0 ? { id: undefined, level: 0 } : { id: ids.get(paths[at] as string), level: paths.length - at };
}
