import { transaction } from '@lading/database';
import { Unavailable } from '@lading/oci';
import type { Amount, GetStorageRequest, Storage } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';

/** Links that are read at most for one answer: some 10 s on a small machine, less than a call between services may take. */
const MOST_LINKS = 300_000;

interface Holder {
  readonly id: number;
  readonly path: string;
  readonly kind: 'repository' | 'project';
}

/**
 * What a repository or project holds, as of one moment. Reads its links, with what names and links each object: in proportion to
 * them, some 3 s for 100,000 that ten manifests each name, whatever else the registry holds.
 *
 * @throws Unavailable for more than 300,000 links; the ledger and the plan have no such bound.
 */
export async function getStorage(pools: RegistryPools, request: GetStorageRequest): Promise<Storage | undefined> {
  return transaction(
    pools.write,
    async (client) => {
      const holder = await findHolder(client, request);
      if (holder === undefined) return undefined;
      const { id, path } = holder;
      return { id, path, ...(await countObjects(client, holder)), ...(await countRest(client, holder)) };
    },
    { isolation: 'repeatable read' },
  );
}

async function findHolder(client: PoolClient, request: GetStorageRequest): Promise<Holder | undefined> {
  const { repositoryId, projectId, projectPath } = request;
  const [text, value, kind] =
    repositoryId !== undefined
      ? (['SELECT id, full_path AS path FROM registry.repository WHERE id = $1', repositoryId, 'repository'] as const)
      : projectId !== undefined
        ? (['SELECT id, path FROM registry.project WHERE id = $1', projectId, 'project'] as const)
        : ([
            'SELECT id, path FROM registry.project WHERE path = $1 AND deleted_at IS NULL',
            projectPath?.toLowerCase(),
            'project',
          ] as const);
  const { rows } = await client.query<{ id: number; path: string }>(text, [value ?? null]);
  return rows[0] && { ...rows[0], kind };
}

/** Of a project each object once. An edge that lacks its object names the one that its repository links (T12). */
async function countObjects(client: PoolClient, { id, kind }: Holder) {
  const mine = kind === 'repository' ? 'r.id = $1' : 'r.project_id = $1';
  const { rows } = await client.query<Record<'links' | 'own' | 'shared' | 'pending', number> & Record<string, number>>(
    `WITH mine AS (
       SELECT l.object_id FROM registry.repository r JOIN registry.blob_link l ON l.repository_id = r.id
       WHERE ${mine} LIMIT $2),
     held AS (
       SELECT o.size,
              EXISTS (SELECT 1 FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
                      WHERE e.object_id = o.id AND m.deleted_at IS NULL)
              OR EXISTS (SELECT 1 FROM registry.blob_link l
                         JOIN registry.manifest_edge e ON e.repository_id = l.repository_id AND e.digest = l.digest
                         JOIN registry.manifest m ON m.id = e.manifest_id
                         WHERE l.object_id = o.id AND e.object_id IS NULL AND m.deleted_at IS NULL) AS named,
              EXISTS (SELECT 1 FROM registry.blob_link l JOIN registry.repository r ON r.id = l.repository_id
                      WHERE l.object_id = o.id AND NOT (${mine})) AS shared
       FROM (SELECT DISTINCT object_id FROM mine) AS x JOIN registry.blob_object o ON o.id = x.object_id)
     SELECT (SELECT count(*) FROM mine) AS links,
            count(*) FILTER (WHERE named AND NOT shared) AS own,
            coalesce(sum(size) FILTER (WHERE named AND NOT shared), 0)::bigint AS own_bytes,
            count(*) FILTER (WHERE named AND shared) AS shared,
            coalesce(sum(size) FILTER (WHERE named AND shared), 0)::bigint AS shared_bytes,
            count(*) FILTER (WHERE NOT named) AS pending,
            coalesce(sum(size) FILTER (WHERE NOT named), 0)::bigint AS pending_bytes
     FROM held`,
    [id, MOST_LINKS + 1],
  );
  const row = rows[0] as Record<string, number>;
  if ((row.links ?? 0) > MOST_LINKS) throw new Unavailable('there are more than 300,000 links');
  const amount = (name: string): Amount => ({ count: row[name] ?? 0, bytes: row[`${name}_bytes`] ?? 0 });
  return { exclusive: amount('own'), shared: amount('shared'), pending: amount('pending') };
}

async function countRest(client: PoolClient, { id, kind }: Holder) {
  const mine = kind === 'repository' ? 'r.id = $1' : 'r.project_id = $1';
  const { rows } = await client.query<Record<string, number>>(
    `SELECT coalesce(sum(m.live), 0)::bigint AS live, coalesce(sum(m.live_bytes), 0)::bigint AS live_bytes,
            coalesce(sum(m.deleted), 0)::bigint AS deleted, coalesce(sum(m.deleted_bytes), 0)::bigint AS deleted_bytes,
            coalesce(sum(u.open), 0)::bigint AS open, coalesce(sum(u.open_bytes), 0)::bigint AS open_bytes
     FROM registry.repository r
     CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE deleted_at IS NULL) AS live, sum(size) FILTER (WHERE deleted_at IS NULL) AS live_bytes,
              count(*) FILTER (WHERE deleted_at IS NOT NULL) AS deleted,
              sum(size) FILTER (WHERE deleted_at IS NOT NULL) AS deleted_bytes
       FROM registry.manifest m WHERE m.repository_id = r.id) AS m
     CROSS JOIN LATERAL (
       SELECT count(*) AS open, sum(offset_bytes) AS open_bytes
       FROM registry.upload_session u WHERE u.repository_id = r.id AND u.state = 'open') AS u
     WHERE ${mine}`,
    [id],
  );
  const row = rows[0] as Record<string, number>;
  const amount = (name: string): Amount => ({ count: row[name] ?? 0, bytes: row[`${name}_bytes`] ?? 0 });
  return { uploading: amount('open'), manifests: amount('live'), deletedManifests: amount('deleted') };
}
