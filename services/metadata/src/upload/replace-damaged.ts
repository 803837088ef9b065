import type { PoolClient } from 'pg';
import { appendStoreEvent } from '../outbox/append-store-event.js';

/** A damaged object, and the one that was uploaded in its place. */
export interface Replacement {
  readonly damagedId: string;
  /** Still `uploading`, and locked by the caller, who makes it live next. */
  readonly objectId: string;
  readonly digest: string;
  readonly size: number;
}

/**
 * Puts an object that was just uploaded in the place of the damaged one of the same digest: nothing refers to the damaged bytes
 * afterwards, and everything that did has whole ones, in every repository. References themselves stay as they are.
 *
 *   the damaged object FOR UPDATE: whoever was about to refer to it has committed, and whoever comes now waits and then
 *     finds it past the point of no return. It becomes `purging`, which frees its digest
 *   in new statements, with snapshots taken after that lock:
 *     its links FOR UPDATE, sorted; they and the edges that name it get the new object, and so do edges that were pushed
 *     while it was damaged and found no object
 *   the event is the store's: what repositories show has not changed, so their versions do not
 *
 * @param replacement the caller holds the damaged object FOR NO KEY UPDATE, and has seen under that lock that it is damaged.
 */
export async function replaceDamaged(client: PoolClient, replacement: Replacement): Promise<void> {
  const { damagedId, objectId, digest, size } = replacement;
  await client.query({
    name: 'retire-damaged',
    text: `UPDATE registry.blob_object SET state = 'purging', purge_after = clock_timestamp(), condemned_at = NULL
           WHERE id = (SELECT id FROM registry.blob_object WHERE id = $1 FOR UPDATE)`,
    values: [damagedId],
  });
  await lockLinks(client, damagedId);
  await client.query({
    name: 'repoint-references',
    text: `WITH links AS (
             UPDATE registry.blob_link SET object_id = $2 WHERE object_id = $1 RETURNING repository_id, digest),
           waiting AS (
             UPDATE registry.manifest_edge e SET object_id = $2 FROM links l
             WHERE e.repository_id = l.repository_id AND e.digest = l.digest AND e.object_id IS NULL AND e.child_id IS NULL)
           UPDATE registry.manifest_edge SET object_id = $2 WHERE object_id = $1`,
    values: [damagedId, objectId],
  });
  const data = { digest, objectId, damagedObjectId: damagedId, size };
  await appendStoreEvent(client, { type: 'dev.lading.blob.healed.v1', subject: digest, data });
}

/** FOR UPDATE, and not less: a push that found the object damaged holds the link while it writes an edge without one. */
async function lockLinks(client: PoolClient, objectId: string): Promise<void> {
  await client.query({
    name: 'lock-links-of-damaged',
    text: `SELECT 1 FROM registry.blob_link WHERE object_id = $1 ORDER BY repository_id, digest FOR UPDATE`,
    values: [objectId],
  });
}
