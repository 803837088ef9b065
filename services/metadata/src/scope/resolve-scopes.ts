import type { ResolvedScope } from '@lading/proto';
import type { Pool } from 'pg';
import { prefixes } from './name-parts.js';

/**
 * For each name the project and group it belongs to now, and the oldest transaction that was not settled then, which T9
 * compares with the one that made a project: what the look-up did not see was made by that transaction or a later one.
 */
export async function resolveScopes(read: Pool, names: readonly string[]): Promise<ResolvedScope[]> {
  if (names.length === 0) return [];
  const all = names.flatMap((name, n) => prefixes(name).map((prefix) => ({ n, prefix })));
  const found = await read.query<Row>({
    name: 'resolve-scopes',
    text: `SELECT q.n, p.id AS project_id, g.id AS group_id, q.prefix,
                  pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin
           FROM unnest($1::int[], $2::text[]) AS q(n, prefix)
           LEFT JOIN registry.project p ON p.path = q.prefix AND p.deleted_at IS NULL
           LEFT JOIN registry.project_group g ON g.path = q.prefix AND g.deleted_at IS NULL`,
    values: [all.map((each) => each.n), all.map((each) => each.prefix)],
  });
  return names.map((name, n) =>
    resolved(
      name,
      found.rows.filter((row) => row.n === n),
    ),
  );
}

interface Row {
  n: number;
  project_id: number | null;
  group_id: number | null;
  prefix: string;
  xmin: number;
}

function resolved(name: string, rows: Row[]): ResolvedScope {
  const longestFirst = rows.sort((a, b) => b.prefix.length - a.prefix.length);
  const project = longestFirst.find((row) => row.project_id !== null);
  const group = longestFirst.find((row) => row.group_id !== null);
  return {
    name,
    projectId: project?.project_id ?? undefined,
    projectLevel: project ? project.prefix.split('/').length : 0,
    groupId: group?.group_id ?? undefined,
    groupLevel: group ? group.prefix.split('/').length : 0,
    resolvedXid: Math.min(...rows.map((row) => row.xmin)),
  };
}
