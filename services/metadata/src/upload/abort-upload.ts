import { transaction } from '@lading/database';
import { BlobUploadUnknown } from '@lading/oci';
import type { AbortUploadRequest, Scope } from '@lading/proto';
import type { RegistryPools } from '../database/registry-pools.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { locateRepository } from '../scope/locate-repository.js';

/**
 * Ends a session without a blob: cancelled by its client, or its bytes did not have the digest. The object is past the
 * point of no return at once, and `gc` deletes its bytes.
 *
 * The session row is locked by the UPDATE itself; a writer that is still at work finds its epoch gone.
 *
 * @throws BlobUploadUnknown when there is no such open session, unless this very operation ended it.
 */
export async function abortUpload(pools: RegistryPools, request: AbortUploadRequest): Promise<void> {
  const { repository } = await locateRepository(pools.read, request.scope as Scope);
  if (!repository) throw new BlobUploadUnknown();
  await transaction(pools.write, async (client) => {
    if (!(await isFirstTime(client, request.operationId))) return;
    const aborted = await client.query({
      name: 'abort-upload',
      text: `WITH ended AS (
               UPDATE registry.upload_session SET state = 'aborted', epoch = epoch + 1, ended_at = clock_timestamp()
               WHERE id = $1 AND repository_id = $2 AND state = 'open' AND ($3::int IS NULL OR epoch = $3)
               RETURNING object_id)
             UPDATE registry.blob_object o SET state = 'purging', purge_after = clock_timestamp()
             FROM ended WHERE o.id = ended.object_id AND o.state = 'uploading'`,
      values: [request.uploadId, repository.id, request.epoch ?? null],
    });
    if (aborted.rowCount !== 1) throw new BlobUploadUnknown();
  });
}
