import { statement } from '@lading/database';
import type { EventData } from '@lading/events';
import type { PoolClient } from 'pg';

type Pushed = EventData<'dev.lading.manifest.pushed.v1'>;

/** One thing that a manifest named. */
export interface Reference {
  readonly digest: string;
  readonly objectId?: string;
  readonly childId?: number;
}

/** A manifest that is gone, as it was known here. */
export interface Expunged {
  readonly deletedAt?: Date;
  readonly references: readonly Reference[];
  /** Manifests of the repository that name it as their subject. */
  readonly referrerIds: readonly number[];
}

/** What a manifest names, from now on. What is known of a later version stays. */
export async function putReferences(client: PoolClient, pushed: Pushed, version: number): Promise<void> {
  const { manifestId, repositoryId, digest, subject, edges } = pushed;
  const { rowCount } = await client.query(
    statement(
      `INSERT INTO gc.manifest AS m (id, repository_id, digest, subject, version) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO UPDATE SET version = excluded.version, deleted_at = NULL WHERE m.version < excluded.version`,
      [manifestId, repositoryId, digest, subject ?? null, version],
    ),
  );
  if (rowCount === 0) return;
  await client.query(
    statement(
      `INSERT INTO gc.reference (manifest_id, digest, object_id, child_id)
       SELECT $1, u.digest, coalesce(r.replaced_by, u.object_id), u.child_id
       FROM unnest($2::text[], $3::uuid[], $4::bigint[]) AS u(digest, object_id, child_id)
       LEFT JOIN gc.replaced_object r ON r.id = u.object_id
       ON CONFLICT (manifest_id, digest) DO UPDATE SET object_id = excluded.object_id, child_id = excluded.child_id`,
      [
        manifestId,
        edges.map((edge) => edge.digest),
        edges.map((edge) => edge.objectId ?? null),
        edges.map((edge) => edge.manifestId ?? null),
      ],
    ),
  );
}

/**
 * Everything that names one object names another from now on. Events of bytes and of repositories have no order between them,
 * so a push that named the first may be told of later: it is looked up then. The lock waits for pushes that are being noted.
 */
export async function replaceObject(client: PoolClient, objectId: string, by: string): Promise<void> {
  if (objectId === by) return;
  await client.query('LOCK TABLE gc.reference IN SHARE ROW EXCLUSIVE MODE');
  const values = [objectId, by];
  await client.query(
    statement(
      `INSERT INTO gc.replaced_object (id, replaced_by) VALUES ($1, $2)
       ON CONFLICT (id) DO UPDATE SET replaced_by = excluded.replaced_by`,
      values,
    ),
  );
  await client.query(statement('UPDATE gc.replaced_object SET replaced_by = $2 WHERE replaced_by = $1', values));
  await client.query(statement('UPDATE gc.reference SET object_id = $2 WHERE object_id = $1', values));
}

/** The manifest is deleted and keeps its references. @returns the ids of its children. */
export async function noteDeleted(
  client: PoolClient,
  manifestId: number,
  deletedAt: Date,
  version: number,
): Promise<number[]> {
  await client.query(
    statement('UPDATE gc.manifest SET deleted_at = $2, version = $3 WHERE id = $1 AND version < $3', [
      manifestId,
      deletedAt,
      version,
    ]),
  );
  const { rows } = await client.query<{ child_id: number }>(
    statement('SELECT child_id FROM gc.reference WHERE manifest_id = $1 AND child_id IS NOT NULL', [manifestId]),
  );
  return rows.map((row) => row.child_id);
}

/** Forgets a manifest with its references. */
export async function dropReferences(
  client: PoolClient,
  manifest: { manifestId: number; repositoryId: number; digest: string },
): Promise<Expunged> {
  const references = await client.query<{ digest: string; object_id: string | null; child_id: number | null }>(
    statement('SELECT digest, object_id, child_id FROM gc.reference WHERE manifest_id = $1', [manifest.manifestId]),
  );
  const dropped = await client.query<{ deleted_at: Date | null }>(
    statement('DELETE FROM gc.manifest WHERE id = $1 RETURNING deleted_at', [manifest.manifestId]),
  );
  const referrers = await client.query<{ id: number }>(
    statement('SELECT id FROM gc.manifest WHERE repository_id = $1 AND subject = $2', [
      manifest.repositoryId,
      manifest.digest,
    ]),
  );
  return {
    deletedAt: dropped.rows[0]?.deleted_at ?? undefined,
    references: references.rows.map((row) => ({
      digest: row.digest,
      objectId: row.object_id ?? undefined,
      childId: row.child_id ?? undefined,
    })),
    referrerIds: referrers.rows.map((row) => row.id),
  };
}
