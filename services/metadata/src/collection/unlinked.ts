import type { PoolClient } from 'pg';
import { fromBytes } from '../database/digest-bytes.js';
import { appendCollectorEvents } from '../outbox/append-collector-events.js';

/** A link as its row is. */
export interface Link {
  repository_id: number;
  digest: Buffer;
  object_id: string;
}

/** The events of links that the collector removed, at the end of its transaction. */
export async function announceUnlinked(client: PoolClient, links: readonly Link[]): Promise<void> {
  await appendCollectorEvents(client, links, (link, path) => {
    const [digest, repositoryId] = [fromBytes(link.digest), link.repository_id];
    const data = { repositoryId, path, principal: 'collector', digest, objectId: link.object_id };
    return { type: 'dev.lading.blob.unlinked.v1', subject: `${path}@${digest}`, data };
  });
}
