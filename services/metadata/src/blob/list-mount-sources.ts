import type { Scope } from '@lading/proto';
import { toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { locateRepository } from '../scope/locate-repository.js';

/** Candidates an anonymous mount asks `auth` about (T16). */
const MOST_SOURCES = 20;

/** Links of the blob that are looked at from either end, the newest and the oldest. */
const MOST_LINKS = 100;

/** Repositories of this project that are asked for the blob when it has more links than these. */
const MOST_OF_PROJECT = 500;

/**
 * Repositories that show a blob, without locks: this one first, then this project, then public projects, then the
 * newest links. Who may pull from them is for `auth` to say.
 *
 * A base layer is in every repository, and all its links are too many to sort for each mount: the newest are read by
 * their index, in order. Where that may not be all, the oldest are read as well, which is where the repository is that
 * the layer comes from, and this repository and those of this project are asked for it by their keys. `LIMIT 1` keeps
 * the order in which tables are read as it is written: by the planner's guess an object has two or three links.
 */
export async function listMountSources(pools: RegistryPools, scope: Scope, digest: string): Promise<string[]> {
  const { project, repository } = await locateRepository(pools.read, scope);
  const found = await pools.read.query<{ full_path: string }>({
    name: 'list-mount-sources',
    text: `WITH o AS MATERIALIZED (
             SELECT id FROM registry.blob_object WHERE digest = $1 AND state IN ('live', 'condemned') AND damaged_at IS NULL),
           newest AS MATERIALIZED (
             SELECT repository_id, created_at, hidden FROM registry.blob_link
             WHERE object_id = (SELECT id FROM o) ORDER BY created_at DESC LIMIT ${MOST_LINKS}),
           near AS (
             SELECT $2::bigint AS repository_id
             UNION ALL (SELECT id FROM registry.repository WHERE project_id = $3 AND deleted_at IS NULL
                        LIMIT ${MOST_OF_PROJECT})),
           links AS (
             SELECT * FROM newest
             UNION (SELECT repository_id, created_at, hidden FROM registry.blob_link
                    WHERE (SELECT count(*) FROM newest) = ${MOST_LINKS} AND object_id = (SELECT id FROM o)
                    ORDER BY created_at LIMIT ${MOST_LINKS})
             UNION (SELECT near.repository_id, l.created_at, l.hidden FROM near CROSS JOIN LATERAL (
                      SELECT object_id, created_at, hidden FROM registry.blob_link
                      WHERE repository_id = near.repository_id AND digest = $1 LIMIT 1) AS l
                    WHERE (SELECT count(*) FROM newest) = ${MOST_LINKS}
                      AND l.object_id = (SELECT id FROM o) AND NOT l.hidden
                    LIMIT ${MOST_SOURCES + 1}))
           SELECT r.full_path
           FROM links CROSS JOIN LATERAL (
             SELECT r.id, r.full_path, r.project_id, p.visibility
             FROM registry.repository r JOIN registry.project p ON p.id = r.project_id AND p.deleted_at IS NULL
             WHERE r.id = links.repository_id AND r.deleted_at IS NULL LIMIT 1) AS r
           WHERE NOT links.hidden
           ORDER BY (r.id = $2) DESC, (r.project_id = $3) DESC, (r.visibility = 'public') DESC, links.created_at DESC
           LIMIT ${MOST_SOURCES}`,
    values: [toBytes(digest), repository?.id ?? 0, project?.id ?? 0],
  });
  return found.rows.map((row) => row.full_path);
}
