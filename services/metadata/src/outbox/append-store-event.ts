import { REGISTRY_TOPIC, type RegistryEvent } from '@lading/events';
import { uuidV7 } from '@lading/platform';
import type { PoolClient } from 'pg';

/**
 * An event of bytes, whichever repositories show them: the store's version counts these, as a repository's counts its own (T8).
 * All of them lock one row, after objects and links and before repositories; they are rare.
 */
export async function appendStoreEvent(client: PoolClient, event: RegistryEvent): Promise<void> {
  await client.query({
    name: 'append-store-event',
    text: `WITH bumped AS (UPDATE registry.store SET version = version + 1 RETURNING version)
           INSERT INTO registry.outbox (event_id, topic, message_key, type, subject, aggregate_version, data)
           SELECT $1, $2, 'store', $3, $4, bumped.version, $5 FROM bumped`,
    values: [uuidV7(), REGISTRY_TOPIC, event.type, event.subject, JSON.stringify(event.data)],
  });
}
