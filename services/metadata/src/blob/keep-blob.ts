import { transaction } from '@lading/database';
import type { Blob, Scope } from '@lading/proto';
import type { Pool, PoolClient } from 'pg';
import { toBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import type { FindBlob, VisibleBlob } from './find-blob.js';

/**
 * HEAD of a blob: a 200 is a promise, because clients skip the upload on it (T13).
 *
 * It writes only for a principal that may push here, and only when the promise would not hold by itself: the object is
 * condemned, or no live manifest of the repository names the blob and less than half of its lease is left. Base layers
 * in use therefore cost no write. Damaged bytes are promised to nobody: the client uploads them again.
 */
export class KeepBlob {
  /** @param leaseMs how long an unreferenced blob is kept for the client that saw it (`LADING_GC_LEASE`). */
  constructor(
    private readonly pools: RegistryPools,
    private readonly findBlob: FindBlob,
    private readonly leaseMs: number,
  ) {}

  async execute(scope: Scope, digest: string): Promise<Blob | undefined> {
    const blob = await this.findBlob.execute(scope, digest);
    if (blob?.damaged) return undefined;
    if (!blob || !scope.mayPush) return blob;
    if (!blob.condemned && blob.leaseLeftMs >= this.leaseMs / 2) return blob;
    const bytes = toBytes(digest);
    if (!blob.condemned && (await isNamedByLiveManifest(this.pools.read, blob.repositoryId, bytes))) return blob;
    const kept = await transaction(this.pools.write, (client) => renewLease(client, blob, bytes, this.leaseMs));
    return kept ? blob : undefined;
  }
}

/** True when a manifest that is not deleted names this digest, in this repository. */
export async function isNamedByLiveManifest(
  db: Pool | PoolClient,
  repositoryId: number,
  digest: Buffer,
): Promise<boolean> {
  const named = await db.query({
    name: 'is-named-by-live-manifest',
    text: `SELECT 1 FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
           WHERE e.repository_id = $1 AND e.digest = $2 AND m.deleted_at IS NULL LIMIT 1`,
    values: [repositoryId, digest],
  });
  return named.rowCount === 1;
}

/**
 * Object first, FOR NO KEY UPDATE: it conflicts with the collector's FOR UPDATE, so either the collector sees the new
 * lease, or this finds the object past the point of no return. Then the link.
 *
 * @returns false when the object or the link went, or the bytes were found damaged, meanwhile: the answer is 404 and the client uploads.
 */
async function renewLease(client: PoolClient, blob: VisibleBlob, digest: Buffer, leaseMs: number): Promise<boolean> {
  const locked = await client.query<{ state: string }>({
    name: 'lock-object-to-keep',
    text: `SELECT state FROM registry.blob_object
           WHERE id = $1 AND state IN ('live', 'condemned') AND damaged_at IS NULL FOR NO KEY UPDATE`,
    values: [blob.objectId],
  });
  const [object] = locked.rows;
  if (!object) return false;
  if (object.state === 'condemned') await reviveObjects(client, [blob.objectId]);
  const renewed = await client.query({
    name: 'renew-lease',
    text: `UPDATE registry.blob_link
           SET lease_until = greatest(lease_until, clock_timestamp() + $4 * interval '1 millisecond')
           WHERE repository_id = $1 AND digest = $2 AND object_id = $3 AND NOT hidden`,
    values: [blob.repositoryId, digest, blob.objectId, leaseMs],
  });
  return renewed.rowCount === 1;
}

/** Condemned objects become live again, unless they are damaged. The caller holds their rows FOR NO KEY UPDATE, or takes them here, sorted. */
export async function reviveObjects(client: PoolClient, objectIds: readonly string[]): Promise<void> {
  await client.query({
    name: 'revive-objects',
    text: `UPDATE registry.blob_object SET state = 'live', condemned_at = NULL, purge_after = NULL, touched_at = clock_timestamp()
           WHERE state = 'condemned' AND id IN (
             SELECT id FROM registry.blob_object WHERE id = ANY($1::uuid[]) AND state = 'condemned' AND damaged_at IS NULL
             ORDER BY id FOR NO KEY UPDATE)`,
    values: [objectIds],
  });
}
