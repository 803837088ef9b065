import { type Deleted, DeletedKind, type ListDeletedRequest, type ListDeletedResponse } from '@lading/proto';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';

/** Most rows of one page. */
const MOST = 1_000;

interface Row {
  kind: 'tag' | 'manifest' | 'repository' | 'project';
  name: string;
  id: number;
  tag: string | null;
  digest: Buffer | null;
  operation: string | null;
  principal: string | null;
  reason: string;
  /** Microseconds since 1970, as text: exact, and in the order of the page. */
  at: string;
  key: string;
}

/**
 * What can be restored at a name and below it: the projects and repositories that had the name or were under it, and, where a
 * live repository has it, the manifests and tags that it lost. The latest first.
 *
 * A cursor is the time of the last row and its key, so rows that come meanwhile move no page. What is read is what was deleted
 * within the window, by partial indexes; never what lives.
 *
 * @param windowMs how long what was deleted can be restored (`LADING_RESTORE_WINDOW`).
 */
export async function listDeleted(
  pools: RegistryPools,
  { name, after, limit }: ListDeletedRequest,
  windowMs: number,
): Promise<ListDeletedResponse> {
  const rows = Math.min(Math.max(1, limit), MOST);
  const [at, key] = after === '' ? ['9000000000000000', ''] : (after.split(' ') as [string, string]);
  const found = await pools.read.query<Row>({
    name: 'list-deleted',
    text: `SELECT * FROM (${PARTS.join(' UNION ALL ')}) AS d
           WHERE (d.at::bigint, d.key) < ($3::bigint, $4) ORDER BY d.at::bigint DESC, d.key DESC LIMIT $5`,
    values: [name, windowMs, at, key, rows + 1],
  });
  const page = found.rows.slice(0, rows);
  const last = page.at(-1);
  return {
    deleted: page.map((row) => toDeleted(row, windowMs)),
    ...(last && found.rows.length > rows ? { next: `${last.at} ${last.key}` } : {}),
  };
}

const MICROSECONDS = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;
const SINCE = `clock_timestamp() - $2 * interval '1 millisecond'`;
const LIVE = `SELECT id FROM registry.repository WHERE full_path = $1 AND deleted_at IS NULL`;
const BELOW = (column: string) => `(${column} = $1 OR starts_with(${column}, $1 || '/'))`;

const PARTS = [
  `SELECT 'project' AS kind, p.path AS name, p.id, NULL AS tag, NULL::bytea AS digest, p.delete_operation AS operation,
          p.deleted_by AS principal, 'request' AS reason, ${MICROSECONDS('p.deleted_at')} AS at, 'p' || p.id AS key
   FROM registry.project p
   WHERE p.deleted_at > ${SINCE} AND NOT p.expunging AND ${BELOW('p.path')}`,
  `SELECT 'repository', r.full_path, r.id, NULL, NULL, r.delete_operation, r.deleted_by, 'request',
          ${MICROSECONDS('r.deleted_at')}, 'r' || r.id
   FROM registry.repository r
   WHERE r.deleted_at > ${SINCE} AND NOT r.expunging AND ${BELOW('r.full_path')}`,
  `SELECT 'manifest', $1, m.repository_id, NULL, m.digest, m.delete_operation, NULL, m.delete_reason,
          ${MICROSECONDS('m.deleted_at')}, 'm' || m.id
   FROM registry.manifest m WHERE m.repository_id = (${LIVE}) AND m.deleted_at > ${SINCE}`,
  `SELECT 'tag', $1, h.repository_id, h.name, m.digest, h.operation, h.actor,
          CASE WHEN h.to_manifest_id IS NULL THEN 'request' ELSE 'moved' END, ${MICROSECONDS('h.at')}, 't' || h.id
   FROM registry.tag_history h JOIN registry.manifest m ON m.id = h.from_manifest_id
   WHERE h.repository_id = (${LIVE}) AND h.at > ${SINCE} AND h.to_manifest_id IS DISTINCT FROM h.from_manifest_id`,
];

const KINDS = {
  tag: DeletedKind.DELETED_KIND_TAG,
  manifest: DeletedKind.DELETED_KIND_MANIFEST,
  repository: DeletedKind.DELETED_KIND_REPOSITORY,
  project: DeletedKind.DELETED_KIND_PROJECT,
} as const;

function toDeleted(row: Row, windowMs: number): Deleted {
  const deletedAtMs = Math.floor(Number(row.at) / 1_000);
  return {
    kind: KINDS[row.kind],
    name: row.name,
    id: row.id,
    tag: row.tag ?? undefined,
    digest: row.digest ? fromBytes(row.digest) : undefined,
    operation: row.operation ?? '',
    deletedAtMs,
    untilMs: deletedAtMs + windowMs,
    principal: row.principal ?? undefined,
    reason: row.reason,
  };
}
