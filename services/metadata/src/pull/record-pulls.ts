import { transaction } from '@lading/database';
import { REGISTRY_TOPIC } from '@lading/events';
import { uuidV7 } from '@lading/platform';
import type { PulledManifest, RecordPullsRequest } from '@lading/proto';
import type { PoolClient } from 'pg';
import type { RegistryPools } from '../database/registry-pools.js';
import { isFirstTime } from '../outbox/finished-operation.js';
import { pullEvents } from './pull-events.js';

/** More in one batch is left out: what is told of pulls is approximate. */
const MOST_MANIFESTS = 5_000;
const MOST_PULLS = 1_000;

/**
 * Notes what was pulled: the last pull of each manifest, the clocks of those without a name that somebody asked for by
 * digest, and the events. A crash of the database may lose the last of it.
 *
 * Rows that somebody holds are passed over: whoever deletes or collects a manifest does not wait for its readers. The
 * repository's version stays, because the row that all pushes share is not to be locked by reads; these events have
 * version 0, and are in no order that anybody could rely on.
 */
export async function recordPulls(pools: RegistryPools, request: RecordPullsRequest): Promise<void> {
  const { batchId, manifests, pulls } = request;
  await transaction(pools.soft, async (client) => {
    if (!(await isFirstTime(client, batchId))) return;
    await notePulled(client, manifests.slice(0, MOST_MANIFESTS));
    if (pulls.length > 0) await appendPullEvents(client, pulls.slice(0, MOST_PULLS));
  });
}

async function notePulled(client: PoolClient, manifests: readonly PulledManifest[]): Promise<void> {
  const byDigest = manifests.filter((pulled) => pulled.byDigest).map(({ manifestId }) => manifestId);
  await client.query({
    name: 'move-clocks-of-pulled',
    text: `UPDATE registry.manifest SET untagged_at = clock_timestamp()
           WHERE id IN (SELECT id FROM registry.manifest
                        WHERE id = ANY($1::bigint[]) AND untagged_at IS NOT NULL AND deleted_at IS NULL
                        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)`,
    values: [byDigest],
  });
  await client.query({
    name: 'note-last-pulls',
    text: `INSERT INTO registry.manifest_pull AS p (manifest_id, pulled_at)
           SELECT id, clock_timestamp() FROM (
             SELECT id FROM registry.manifest WHERE id = ANY($1::bigint[]) ORDER BY id FOR KEY SHARE SKIP LOCKED) AS there
           ON CONFLICT (manifest_id) DO UPDATE SET pulled_at = excluded.pulled_at
           WHERE p.pulled_at < excluded.pulled_at - interval '1 minute'`,
    values: [manifests.map(({ manifestId }) => manifestId)],
  });
}

async function appendPullEvents(client: PoolClient, pulls: RecordPullsRequest['pulls']): Promise<void> {
  const events = pullEvents(pulls);
  await client.query({
    name: 'append-pull-events',
    text: `INSERT INTO registry.outbox (event_id, topic, message_key, type, subject, aggregate_version, data)
           SELECT e.event_id, $1, e.key, e.type, e.subject, 0, e.data
           FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) WITH ORDINALITY
                AS e(event_id, key, type, subject, data, n)
           ORDER BY e.n`,
    values: [
      REGISTRY_TOPIC,
      events.map(() => uuidV7()),
      events.map(({ data }) => String(data.repositoryId)),
      events.map(({ type }) => type),
      events.map(({ subject }) => subject),
      events.map(({ data }) => JSON.stringify(data)),
    ],
  });
}
