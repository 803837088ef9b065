import type { Scope } from '@lading/proto';
import { toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { locateRepository } from '../scope/locate-repository.js';

/** Candidates an anonymous mount asks `auth` about (T16). */
const MOST_SOURCES = 20;

/**
 * Repositories that show a blob, without locks: this one first, then this project, then public projects, then the
 * newest links. Who may pull from them is for `auth` to say.
 */
export async function listMountSources(pools: RegistryPools, scope: Scope, digest: string): Promise<string[]> {
  const { project, repository } = await locateRepository(pools.read, scope);
  const found = await pools.read.query<{ full_path: string }>({
    name: 'list-mount-sources',
    text: `SELECT r.full_path
           FROM registry.blob_object o
           JOIN registry.blob_link l ON l.object_id = o.id AND NOT l.hidden
           JOIN registry.repository r ON r.id = l.repository_id AND r.deleted_at IS NULL
           JOIN registry.project p ON p.id = r.project_id AND p.deleted_at IS NULL
           WHERE o.digest = $1 AND o.state IN ('live', 'condemned')
           ORDER BY (r.id = $2) DESC, (r.project_id = $3) DESC, (p.visibility = 'public') DESC, l.created_at DESC
           LIMIT ${MOST_SOURCES}`,
    values: [toBytes(digest), repository?.id ?? 0, project?.id ?? 0],
  });
  return found.rows.map((row) => row.full_path);
}
