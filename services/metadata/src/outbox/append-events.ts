import { type EventType, REGISTRY_TOPIC, type RegistryEvent } from '@lading/events';
import { NameUnknown } from '@lading/oci';
import { uuidV7 } from '@lading/platform';
import type { PoolClient } from 'pg';

/**
 * The last statement of every change of a repository: moves the repository's version and writes the events, each with
 * a version of its own, so that subscribers can detect loss (T8).
 *
 * The UPDATE is what refuses a change of a repository that was deleted meanwhile: it waits for the deleter, reads the
 * row again, and finds nothing. It comes last because it is the one row that all pushes to a repository share.
 *
 * @param show true once the repository holds a manifest: from then on lists show it.
 * @param deletedToo for the collector, which goes on in a deleted repository: its events are not lost to a restore.
 * @throws NameUnknown when the repository is gone; the transaction must roll back.
 */
export async function appendRepositoryEvents(
  client: PoolClient,
  repositoryId: number,
  events: readonly RegistryEvent[],
  { show = false, deletedToo = false }: { show?: boolean; deletedToo?: boolean } = {},
): Promise<void> {
  const appended = await client.query({
    name: 'append-repository-events',
    text: `WITH bumped AS (
             UPDATE registry.repository SET version = version + $2, shown = shown OR $8
             WHERE id = $1 AND (deleted_at IS NULL OR $9) RETURNING version)
           INSERT INTO registry.outbox (event_id, topic, message_key, type, subject, aggregate_version, data)
           SELECT e.event_id, $3, $1::text, e.type, e.subject, bumped.version - $2 + e.n, e.data
           FROM bumped, unnest($4::uuid[], $5::text[], $6::text[], $7::jsonb[]) WITH ORDINALITY
                AS e(event_id, type, subject, data, n)
           ORDER BY e.n`,
    values: [repositoryId, events.length, REGISTRY_TOPIC, ...columns(events), show, deletedToo],
  });
  if (appended.rowCount !== events.length) throw new NameUnknown();
}

/**
 * For a change that changes nothing (the same manifest again): the repository must still be there. FOR KEY SHARE waits
 * for whoever deletes it.
 *
 * @throws NameUnknown when the repository is gone.
 */
export async function assertRepositoryLive(client: PoolClient, repositoryId: number): Promise<void> {
  const live = await client.query({
    name: 'assert-repository-live',
    text: 'SELECT 1 FROM registry.repository WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE',
    values: [repositoryId],
  });
  if (live.rowCount !== 1) throw new NameUnknown();
}

/** The same for a project, whose version counts its own events. */
export async function appendProjectEvents(client: PoolClient, projectId: number, events: readonly RegistryEvent[]) {
  await client.query({
    name: 'append-project-events',
    text: `WITH bumped AS (UPDATE registry.project SET version = version + $2 WHERE id = $1 RETURNING version)
           INSERT INTO registry.outbox (event_id, topic, message_key, type, subject, aggregate_version, data)
           SELECT e.event_id, $3, 'project:' || $1::text, e.type, e.subject, bumped.version - $2 + e.n, e.data
           FROM bumped, unnest($4::uuid[], $5::text[], $6::text[], $7::jsonb[]) WITH ORDINALITY
                AS e(event_id, type, subject, data, n)
           ORDER BY e.n`,
    values: [projectId, events.length, REGISTRY_TOPIC, ...columns(events)],
  });
}

function columns(events: readonly RegistryEvent[]): [string[], EventType[], string[], string[]] {
  return [
    events.map(() => uuidV7()),
    events.map((event) => event.type),
    events.map((event) => event.subject),
    events.map((event) => JSON.stringify(event.data)),
  ];
}
