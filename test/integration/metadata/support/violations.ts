import { EVENT_CATALOGUE, type EventType } from '@lading/events';
import type { Registry } from './registry.js';

// What must hold of the rows whenever no transaction is open, whatever came before.

const RULES = `
  WITH live_edge AS (
    SELECT e.*, m.digest AS owner FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id
    WHERE m.deleted_at IS NULL)
  SELECT 'a live manifest names bytes that are ' || o.state AS what, e.digest
  FROM live_edge e JOIN registry.blob_object o ON o.id = e.object_id WHERE o.state <> 'live'
  UNION ALL
  SELECT 'a deleted manifest names bytes that are ' || o.state, e.digest
  FROM registry.manifest_edge e JOIN registry.manifest m ON m.id = e.manifest_id AND m.deleted_at IS NOT NULL
  JOIN registry.blob_object o ON o.id = e.object_id WHERE o.state <> 'live'
  UNION ALL
  SELECT 'a live manifest names a blob whose link is ' || CASE WHEN l.hidden THEN 'hidden' WHEN l.object_id IS NULL THEN 'gone' ELSE 'to another object' END, e.digest
  FROM live_edge e LEFT JOIN registry.blob_link l ON l.repository_id = e.repository_id AND l.digest = e.digest
  WHERE e.object_id IS NOT NULL AND (l.object_id IS NULL OR l.hidden OR l.object_id <> e.object_id)
  UNION ALL
  SELECT 'an edge missed the arrival of its blob', e.digest
  FROM live_edge e JOIN registry.blob_link l ON l.repository_id = e.repository_id AND l.digest = e.digest AND NOT l.hidden
  JOIN registry.blob_object o ON o.id = l.object_id
  WHERE e.object_id IS NULL AND e.child_id IS NULL AND o.damaged_at IS NULL
  UNION ALL
  SELECT 'an edge missed the arrival of its manifest', e.digest
  FROM live_edge e JOIN registry.manifest c ON c.repository_id = e.repository_id AND c.digest = e.digest AND c.deleted_at IS NULL
  WHERE e.object_id IS NULL AND e.child_id IS NULL
  UNION ALL
  SELECT 'a tag names a deleted manifest', m.digest
  FROM registry.tag t JOIN registry.manifest m ON m.id = t.manifest_id WHERE m.deleted_at IS NOT NULL
  UNION ALL
  SELECT 'a live index names a deleted manifest', c.digest
  FROM live_edge e JOIN registry.manifest c ON c.id = e.child_id
  WHERE c.deleted_at IS NOT NULL
    AND (NOT EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = e.manifest_id)
      OR EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = e.manifest_id AND t.name !~ '^sha(256|512)-[a-f0-9]{64}$'))
  UNION ALL
  SELECT 'a link with a lease names bytes that are ' || o.state, l.digest
  FROM registry.blob_link l JOIN registry.blob_object o ON o.id = l.object_id
  WHERE l.lease_until > clock_timestamp() AND NOT l.hidden AND o.state NOT IN ('live', 'condemned')
  UNION ALL
  SELECT 'a condemned object is named', o.digest
  FROM registry.blob_object o WHERE o.state = 'condemned'
    AND EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.object_id = o.id)
  UNION ALL
  SELECT 'a referrer does not know that its subject was here', r.digest
  FROM registry.manifest r JOIN registry.manifest s ON s.repository_id = r.repository_id AND s.digest = r.subject
  WHERE NOT r.subject_seen
  UNION ALL
  SELECT 'the collector took a referrer after its subject was pushed', r.digest
  FROM registry.manifest r JOIN registry.manifest s ON s.repository_id = r.repository_id AND s.digest = r.subject
  JOIN LATERAL (SELECT max(aggregate_version) AS version FROM registry.outbox o
    WHERE o.message_key = r.repository_id::text AND o.type = 'dev.lading.manifest.deleted.v1'
      AND (o.data->>'manifestId')::bigint = r.id) AS taken ON true
  JOIN LATERAL (SELECT max(aggregate_version) AS version FROM registry.outbox o
    WHERE o.message_key = r.repository_id::text AND o.type = 'dev.lading.manifest.pushed.v1'
      AND (o.data->>'manifestId')::bigint = s.id) AS pushed ON true
  WHERE r.delete_reason = 'collector' AND taken.version > pushed.version
  UNION ALL
  SELECT 'a repository''s versions have a gap', NULL
  FROM registry.repository r
  LEFT JOIN LATERAL (SELECT count(*) AS n, count(DISTINCT aggregate_version) AS distinct_n, max(aggregate_version) AS top
    FROM registry.outbox o WHERE o.message_key = r.id::text) AS o ON true
  WHERE o.n <> r.version OR o.distinct_n <> r.version OR coalesce(o.top, 0) <> r.version`;

/** Each broken rule with the digest it is broken for; empty when all hold. */
export async function violations(registry: Registry): Promise<string[]> {
  // Named, so that its long text is planned once for each connection.
  const query = { name: 'violations', text: RULES };
  const { rows } = await registry.pools.write.query<{ what: string; digest: Buffer | null }>(query);
  return rows.map(({ what, digest }) => (digest ? `${what} (${digest.toString('hex', 1, 5)})` : what)).sort();
}

/** What the outbox holds against the catalogue: one line for each event that it does not allow. */
export async function malformedEvents(registry: Registry): Promise<string[]> {
  const rows = await registry.rows<{ type: EventType; data: unknown }>('SELECT type, data FROM registry.outbox');
  return rows.flatMap(({ type, data }) => {
    const parsed = EVENT_CATALOGUE[type]?.strict().safeParse(data);
    return parsed?.success ? [] : [`${type}: ${parsed?.error.message ?? 'not in the catalogue'}`];
  });
}
