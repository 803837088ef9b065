import { statement, transaction } from '@lading/database';
import { fromBytes } from '../database/digest-bytes.js';
import type { RegistryPools } from '../database/registry-pools.js';
import { startUntaggedClocks } from '../manifest/set-tags.js';

/** What a scan looks for; the kinds of the collector's candidates. */
export type ScanKind = 'untagged' | 'expunge' | 'link' | 'object' | 'repository' | 'project';

export interface ScanPage {
  /** What may be due, each as the collector names it. */
  readonly subjects: string[];
  /** Where the next page begins; undefined after the last. */
  readonly next?: string;
}

/**
 * One page of a walk through a table in the order of its key, for what the collector should look at and may not have been told
 * of: an event that was lost, a clock that was not started because somebody held the row. A plain read, and nothing is decided
 * here; clocks that were not started are.
 *
 * @param after where the last page ended; empty for the first.
 * @param limit rows to walk over, 1 to 5,000.
 */
export async function scan(pools: RegistryPools, kind: ScanKind, after: string, limit: number): Promise<ScanPage> {
  const { text, first } = SCANS[kind];
  const cursor = after === '' ? first : after;
  const { rows } = await pools.write.query<Row>(statement(text, [...cursor.split(' '), limit]));
  const found = rows.filter((row) => row.found);
  const clockless = found.filter((row) => row.clockless).map((row) => Number(row.cursor));
  if (clockless.length > 0) await transaction(pools.write, (client) => startUntaggedClocks(client, clockless));
  const last = rows.at(-1);
  return {
    subjects: found.map((row) => (kind === 'link' ? linkSubject(row.cursor) : row.cursor)),
    ...(last && rows.length === limit ? { next: last.cursor } : {}),
  };
}

interface Row {
  readonly cursor: string;
  readonly found: boolean;
  /** An untagged manifest whose clock was not started. */
  readonly clockless?: boolean;
}

/** The digest as messages have it, in place of the bytes in hex. */
function linkSubject(cursor: string): string {
  const [repositoryId, hex] = cursor.split(' ') as [string, string];
  return `${repositoryId} ${fromBytes(Buffer.from(hex, 'hex'))}`;
}

/** Each walks over `limit` rows after a cursor and says of each whether it is one to look at. */
const SCANS: Readonly<Record<ScanKind, { text: string; first: string }>> = {
  object: {
    first: '00000000-0000-0000-0000-000000000000',
    text: `SELECT o.id::text AS cursor,
                  o.state = 'live'
                    AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e WHERE e.object_id = o.id)
                    AND NOT EXISTS (SELECT 1 FROM registry.blob_link l WHERE l.object_id = o.id) AS found
           FROM (SELECT id, state FROM registry.blob_object WHERE id > $1::uuid ORDER BY id LIMIT $2) AS o ORDER BY o.id`,
  },
  link: {
    first: '0 -',
    text: `SELECT l.repository_id || ' ' || encode(l.digest, 'hex') AS cursor,
                  l.lease_until < clock_timestamp()
                    AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e
                                    WHERE e.repository_id = l.repository_id AND e.digest = l.digest) AS found
           FROM (SELECT repository_id, digest, lease_until FROM registry.blob_link
                 WHERE (repository_id, digest) > ($1::bigint, decode(replace($2, '-', ''), 'hex'))
                 ORDER BY repository_id, digest LIMIT $3) AS l ORDER BY l.repository_id, l.digest`,
  },
  repository: {
    first: '0',
    text: `SELECT r.id::text AS cursor,
                  r.deleted_at IS NOT NULL
                    OR (NOT EXISTS (SELECT 1 FROM registry.manifest m WHERE m.repository_id = r.id)
                      AND NOT EXISTS (SELECT 1 FROM registry.blob_link l WHERE l.repository_id = r.id)
                      AND NOT EXISTS (SELECT 1 FROM registry.upload_session s WHERE s.repository_id = r.id)) AS found
           FROM (SELECT id, deleted_at FROM registry.repository WHERE id > $1::bigint ORDER BY id LIMIT $2) AS r
           ORDER BY r.id`,
  },
  project: {
    first: '0',
    text: `SELECT p.id::text AS cursor, p.deleted_at IS NOT NULL AS found
           FROM (SELECT id, deleted_at FROM registry.project WHERE id > $1::bigint ORDER BY id LIMIT $2) AS p
           ORDER BY p.id`,
  },
  expunge: {
    first: '0',
    text: `SELECT m.id::text AS cursor, m.deleted_at IS NOT NULL AS found
           FROM (SELECT id, deleted_at FROM registry.manifest WHERE id > $1::bigint ORDER BY id LIMIT $2) AS m
           ORDER BY m.id`,
  },
  untagged: {
    first: '0',
    text: `SELECT m.id::text AS cursor, m.untagged_at IS NULL AS clockless,
                  m.deleted_at IS NULL
                    AND NOT EXISTS (SELECT 1 FROM registry.tag t WHERE t.manifest_id = m.id)
                    AND NOT EXISTS (SELECT 1 FROM registry.manifest_edge e
                                    WHERE e.repository_id = m.repository_id AND e.digest = m.digest)
                    AND (m.subject IS NULL OR (m.subject_seen AND NOT EXISTS (
                          SELECT 1 FROM registry.manifest s
                          WHERE s.repository_id = m.repository_id AND s.digest = m.subject))) AS found
           FROM (SELECT id, repository_id, digest, subject, subject_seen, deleted_at, untagged_at FROM registry.manifest
                 WHERE id > $1::bigint ORDER BY id LIMIT $2) AS m ORDER BY m.id`,
  },
};
