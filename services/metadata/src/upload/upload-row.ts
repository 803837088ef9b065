import type { Upload } from '@lading/proto';
import { fromBytes } from '../database/digest-bytes.js';

/** Columns of a session that make an `Upload` message. */
export const UPLOAD_COLUMNS =
  's.id, s.repository_id, s.object_id, s.state, s.offset_bytes, s.epoch, s.algorithm, s.digest, s.principal, s.opened_at, s.store_state, s.store_sealed';

export interface UploadRow {
  id: string;
  repository_id: number;
  object_id: string;
  state: 'open' | 'done' | 'aborted';
  offset_bytes: number;
  epoch: number;
  algorithm: string;
  digest: Buffer | null;
  principal: string;
  opened_at: Date;
  store_state: string | null;
  store_sealed: boolean;
}

/** @param ttlMs how long the session may be silent. */
export function toUpload(row: UploadRow, ttlMs: number): Upload {
  return {
    uploadId: row.id,
    objectId: row.object_id,
    offset: row.offset_bytes,
    epoch: row.epoch,
    algorithm: row.algorithm,
    digest: row.state === 'done' && row.digest ? fromBytes(row.digest) : undefined,
    principal: row.principal,
    openedAtMs: row.opened_at.getTime(),
    ttlMs,
    repositoryId: row.repository_id,
    storeState: row.store_state ?? undefined,
    sealed: row.store_sealed,
  };
}
