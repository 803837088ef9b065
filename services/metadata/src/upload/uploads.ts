import { BlobUploadUnknown, NameUnknown, RangeNotSatisfiable, TooManyRequests } from '@lading/oci';
import type { Scope } from '@lading/proto';
import type { RegistryPools } from '../database/registry-pools.js';
import { locateRepository } from '../scope/locate-repository.js';
import { locatePlace, type Place, placeOf, repositoryAt } from '../scope/place.js';
import { UPLOAD_COLUMNS, type UploadRow } from './upload-row.js';

// The life of an upload session, as one statement each. A session is a row that names the object its bytes go to; both
// are committed before the first byte is written. That commit does not wait for the disk (`RegistryPools.soft`): a
// crash of the database may lose the last rows, and leaves bytes that reconciliation finds by their key.
//
//   open --finish, digest right--> done      (finish-upload.ts; the object is live, or purging when a duplicate)
//   open --abort, wrong digest, expiry--> aborted   (abort-upload.ts, expire-uploads.ts; the object is purging)
//
// One request at a time writes: a claim raises `epoch`, and whatever carries an older epoch changes nothing any more.
// The newest claim wins, because a client that tries again must not wait for its own dead connection.

/** How long a session may be silent, in milliseconds (`LADING_UPLOAD_TTL`). */
export type UploadTtl = number;

/**
 * Opens a session and writes its object's intent row. Sent again with the same ids, it changes nothing.
 *
 * FOR KEY SHARE on the repository: whoever drops a repository row takes it FOR UPDATE first and looks for sessions. The
 * open sessions of the project are counted up to the limit by their index, without a lock: calls at the same time may
 * pass it by as many as they are, because a limit against abuse need not be exact.
 *
 * @throws TooManyRequests when the project has `mostOpen` sessions open; NameUnknown when the repository was dropped
 *   meanwhile, so that it is made again; BlobUploadUnknown when the session of this id has ended already.
 */
export async function beginUpload(pools: RegistryPools, repositoryId: number, upload: NewUpload): Promise<UploadRow> {
  const begun = await pools.soft.query<UploadRow>({
    name: 'begin-upload',
    text: beginning('registry.repository r', 'r.id = $8 AND r.deleted_at IS NULL'),
    values: [...valuesOf(upload), repositoryId],
  });
  const row = begun.rows[0] ?? (await readUpload(pools, repositoryId, upload.uploadId));
  if (row) return row;
  throw await whyNotBegun(pools, repositoryId, upload);
}

/** The same in a repository that is there, in one call; undefined when it is not, or for any other reason not to begin. */
export async function beginUploadAt(
  pools: RegistryPools,
  place: Place,
  upload: NewUpload,
): Promise<UploadRow | undefined> {
  const { from, where } = repositoryAt('$8', '$9');
  const begun = await pools.soft.query<UploadRow>({
    name: 'begin-upload-at',
    text: beginning(from, where),
    values: [...valuesOf(upload), place.projectId, place.path],
  });
  return begun.rows[0];
}

export interface NewUpload {
  uploadId: string;
  objectId: string;
  algorithm: string;
  principal: string;
  credential: string;
  ttlMs: UploadTtl;
  /** Sessions that one project may have open (`LADING_OPEN_UPLOADS`). */
  mostOpen: number;
}

function beginning(from: string, where: string): string {
  return `WITH r AS (SELECT r.id, r.project_id FROM ${from} WHERE ${where}
                       AND $7 > (SELECT count(*) FROM (SELECT FROM registry.upload_session s
                                 WHERE s.project_id = r.project_id AND s.state = 'open' LIMIT $7) AS open)
                     FOR KEY SHARE OF r),
               o AS (INSERT INTO registry.blob_object (id, state) SELECT $2, 'uploading' FROM r ON CONFLICT DO NOTHING)
          INSERT INTO registry.upload_session AS s
            (id, repository_id, project_id, object_id, algorithm, principal, credential, expires_at)
          SELECT $1, r.id, r.project_id, $2, $3, $4, $5, clock_timestamp() + $6 * interval '1 millisecond' FROM r
          ON CONFLICT (id) DO NOTHING
          RETURNING ${UPLOAD_COLUMNS}`;
}

function valuesOf(upload: NewUpload) {
  const { uploadId, objectId, algorithm, principal, credential, ttlMs, mostOpen } = upload;
  return [uploadId, objectId, algorithm, principal, credential, ttlMs, mostOpen];
}

async function whyNotBegun(
  pools: RegistryPools,
  repositoryId: number,
  { uploadId, mostOpen }: { uploadId: string; mostOpen: number },
): Promise<Error> {
  const found = await pools.soft.query<{ known: boolean; live: boolean }>({
    name: 'why-not-begun',
    text: `SELECT EXISTS (SELECT 1 FROM registry.upload_session WHERE id = $1) AS known,
                  EXISTS (SELECT 1 FROM registry.repository WHERE id = $2 AND deleted_at IS NULL) AS live`,
    values: [uploadId, repositoryId],
  });
  const [why] = found.rows;
  if (why?.known) return new BlobUploadUnknown();
  if (!why?.live) return new NameUnknown();
  return new TooManyRequests(`the project has ${mostOpen} uploads open; finish or cancel some (LADING_OPEN_UPLOADS)`);
}

/**
 * The session as it stands: open, or finished not long ago.
 *
 * @throws BlobUploadUnknown for an id that is not of this repository, cancelled, expired or long finished.
 */
export async function getUpload(pools: RegistryPools, scope: Scope, uploadId: string): Promise<UploadRow> {
  const { repository } = await locateRepository(pools.read, scope);
  const row = repository && (await readUpload(pools, repository.id, uploadId));
  if (!row) throw new BlobUploadUnknown();
  return row;
}

/** On the connections that see their own soft commits at once; a cancelled session is no session. */
async function readUpload(
  pools: RegistryPools,
  repositoryId: number,
  uploadId: string,
): Promise<UploadRow | undefined> {
  const found = await pools.soft.query<UploadRow>({
    name: 'read-upload',
    text: `SELECT ${UPLOAD_COLUMNS} FROM registry.upload_session s
           WHERE s.id = $1 AND s.repository_id = $2 AND s.state <> 'aborted'`,
    values: [uploadId, repositoryId],
  });
  return found.rows[0];
}

/**
 * Makes a request the session's only writer. The same `claimId` again gets the same epoch.
 *
 * A compare-and-set in one UPDATE: the offset the client expects is part of its WHERE, so a chunk out of order changes
 * nothing, not even the epoch.
 *
 * @throws RangeNotSatisfiable with `{offset}` when the session stands elsewhere, BlobUploadUnknown when it is not open
 *   (a finished one is returned, for the client that asks again).
 */
export async function claimUpload(
  pools: RegistryPools,
  scope: Scope,
  claim: { uploadId: string; claimId: string; expectedOffset?: number; ttlMs: UploadTtl },
): Promise<UploadRow> {
  const place = placeOf(scope) ?? (await locatePlace(pools.read, scope));
  if (!place) throw new BlobUploadUnknown();
  const { from, where } = repositoryAt('$5', '$6');
  const claimed = await pools.soft.query<UploadRow>({
    name: 'claim-upload',
    text: `UPDATE registry.upload_session s
           SET epoch = CASE WHEN s.claim_id = $2 THEN s.epoch ELSE s.epoch + 1 END, claim_id = $2,
               expires_at = clock_timestamp() + $4 * interval '1 millisecond'
           FROM ${from}
           WHERE ${where} AND s.id = $1 AND s.repository_id = r.id AND s.state = 'open'
             AND ($3::bigint IS NULL OR s.offset_bytes = $3)
           RETURNING ${UPLOAD_COLUMNS}`,
    values: [claim.uploadId, claim.claimId, claim.expectedOffset ?? null, claim.ttlMs, place.projectId, place.path],
  });
  if (claimed.rows[0]) return claimed.rows[0];
  const row = await getUpload(pools, scope, claim.uploadId);
  if (row.state === 'open') throw new RangeNotSatisfiable(undefined, { data: { offset: row.offset_bytes } });
  return row;
}

/**
 * Notes durable bytes. False when this writer was superseded or the session ended: it must stop.
 *
 * It also keeps the session alive (T20): a PATCH calls it at least every five minutes while bytes flow.
 * A record that was held up on its way does not take back a later one: within an epoch bytes are only added. What the
 * store noted goes with the offset; once it is sealed nothing changes it, because the store may be at work by it.
 */
export async function recordProgress(
  pools: RegistryPools,
  progress: {
    uploadId: string;
    epoch: number;
    offset: number;
    storeState?: string;
    sealed?: boolean;
    ttlMs: UploadTtl;
  },
): Promise<boolean> {
  const recorded = await pools.write.query({
    name: 'record-upload-progress',
    text: `UPDATE registry.upload_session
           SET offset_bytes = greatest(offset_bytes, $3), expires_at = clock_timestamp() + $4 * interval '1 millisecond',
             store_state = CASE WHEN store_sealed OR $3 < offset_bytes THEN store_state
                                ELSE coalesce($5, store_state) END,
             store_sealed = store_sealed OR $6
           WHERE id = $1 AND epoch = $2 AND state = 'open'`,
    values: [
      progress.uploadId,
      progress.epoch,
      progress.offset,
      progress.ttlMs,
      progress.storeState ?? null,
      progress.sealed ?? false,
    ],
  });
  return recorded.rowCount === 1;
}
