import type { PutManifestRequest } from '@lading/proto';
import type { PoolClient } from 'pg';
import { toBytes } from '../database/digest-bytes.js';
import type { ResolvedReferences } from './resolve-edges.js';

/** What became of the manifest's row. */
export interface StoredManifest {
  id: number;
  /** `retyped`: the same bytes under another media type; the last push decides (MAN-42). */
  outcome: 'new' | 'revived' | 'retyped' | 'unchanged';
}

/**
 * The manifest's row and its edges. `UNIQUE (repository_id, digest)` decides between two pushes of the same bytes, and
 * between a push and a delete: whoever comes second waits and then sees the other's outcome. A deleted manifest comes
 * back under its old id (T5).
 */
export async function storeManifest(
  client: PoolClient,
  repositoryId: number,
  digest: Buffer,
  request: PutManifestRequest,
  references: ResolvedReferences,
): Promise<StoredManifest> {
  const id = await insertManifest(client, repositoryId, digest, request, references);
  return id === undefined ? reviveManifest(client, repositoryId, digest, request, references) : { id, outcome: 'new' };
}

async function insertManifest(
  client: PoolClient,
  repositoryId: number,
  digest: Buffer,
  request: PutManifestRequest,
  { edges, subjectSeen }: ResolvedReferences,
): Promise<number | undefined> {
  const subject = request.subject === undefined ? null : toBytes(request.subject);
  const inserted = await client.query<{ id: number }>({
    name: 'insert-manifest',
    text: `WITH m AS (
             INSERT INTO registry.manifest (repository_id, digest, media_type, size, body, subject, subject_seen,
                                            artifact_type, annotations_json, annotations_size, untagged_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::json, coalesce(octet_length($9::text), 0),
                     CASE WHEN $10 THEN clock_timestamp() END)
             ON CONFLICT (repository_id, digest) DO NOTHING RETURNING id),
           e AS (
             INSERT INTO registry.manifest_edge (manifest_id, repository_id, digest, object_id, child_id)
             SELECT m.id, $1, u.digest, u.object_id, u.child_id
             FROM m, unnest($11::bytea[], $12::uuid[], $13::bigint[]) AS u(digest, object_id, child_id))
           SELECT id FROM m`,
    values: [
      repositoryId,
      digest,
      request.mediaType,
      request.body.length,
      request.body,
      subject,
      subjectSeen,
      request.artifactType ?? null,
      annotationsOf(request),
      request.tags.length === 0 && subject === null,
      edges.map((edge) => edge.digest),
      edges.map((edge) => edge.objectId),
      edges.map((edge) => edge.childId),
    ],
  });
  return inserted.rows[0]?.id;
}

/** As JSON, null for none. */
function annotationsOf({ annotationsJson, annotations }: PutManifestRequest): string | null {
  return annotationsJson ?? (Object.keys(annotations).length > 0 ? JSON.stringify(annotations) : null);
}

async function reviveManifest(
  client: PoolClient,
  repositoryId: number,
  digest: Buffer,
  request: PutManifestRequest,
  references: ResolvedReferences,
): Promise<StoredManifest> {
  const locked = await client.query<{ id: number; deleted: boolean; media_type: string; untagged: boolean }>({
    name: 'lock-manifest-to-push',
    text: `SELECT id, deleted_at IS NOT NULL AS deleted, media_type, untagged_at IS NOT NULL AS untagged
           FROM registry.manifest
           WHERE repository_id = $1 AND digest = $2 FOR NO KEY UPDATE`,
    values: [repositoryId, digest],
  });
  const [row] = locked.rows;
  if (!row) throw new ManifestMoved();
  // Pushed again by digest, it is wanted again: its time without a name starts anew.
  const restarts = row.untagged && request.tags.length === 0;
  if (row.deleted || restarts || row.media_type !== request.mediaType) {
    await client.query({
      name: 'revive-manifest',
      text: `UPDATE registry.manifest
             SET deleted_at = NULL, delete_reason = NULL, delete_operation = NULL, media_type = $2, artifact_type = $4,
                 untagged_at = CASE WHEN untagged_at IS NOT NULL OR (deleted_at IS NOT NULL AND $3) THEN clock_timestamp() END
             WHERE id = $1`,
      values: [
        row.id,
        request.mediaType,
        request.tags.length === 0 && request.subject === undefined,
        // Derived from the config of an image (REF-05), so it changes with the type.
        request.artifactType ?? null,
      ],
    });
  }
  if (row.deleted) await redirectEdges(client, row.id, references);
  const isRetyped = row.media_type !== request.mediaType;
  return { id: row.id, outcome: row.deleted ? 'revived' : isRetyped ? 'retyped' : 'unchanged' };
}

/**
 * While a manifest is deleted, what it names may go: a child by a request, a blob by a hidden link (T7). Its edges are
 * the same digests; they point at what was found and locked for this push, or at nothing until it arrives (T12).
 */
async function redirectEdges(client: PoolClient, manifestId: number, { edges }: ResolvedReferences): Promise<void> {
  await client.query({
    name: 'redirect-edges',
    text: `UPDATE registry.manifest_edge e SET object_id = u.object_id, child_id = u.child_id
           FROM unnest($2::bytea[], $3::uuid[], $4::bigint[]) AS u(digest, object_id, child_id)
           WHERE e.manifest_id = $1 AND e.digest = u.digest
             AND (e.object_id IS DISTINCT FROM u.object_id OR e.child_id IS DISTINCT FROM u.child_id)`,
    values: [manifestId, edges.map((e) => e.digest), edges.map((e) => e.objectId), edges.map((e) => e.childId)],
  });
}

/** The row was expunged between the INSERT that found it and the lock: the transaction starts over (40001). */
class ManifestMoved extends Error {
  readonly code = '40001';
}
