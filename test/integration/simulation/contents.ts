import type { Table } from '../../simulation/database/table.js';
import type { Pair } from './pair.js';

// What both databases hold, in the same form: times are there or not, and order is that of the text.

const QUERIES: Readonly<Record<string, string>> = {
  objects: `SELECT id, encode(digest, 'hex') AS digest, size, state, attempts, purge_after IS NOT NULL AS due FROM registry.blob_object`,
  links: `SELECT repository_id, encode(digest, 'hex') AS digest, object_id, hidden FROM registry.blob_link`,
  manifests: `SELECT id, repository_id, encode(digest, 'hex') AS digest, media_type, size, encode(subject, 'hex') AS subject, subject_seen,
    artifact_type, untagged_at IS NOT NULL AS untagged, deleted_at IS NOT NULL AS deleted, delete_operation IS NOT NULL AS operated,
    delete_reason FROM registry.manifest`,
  edges: `SELECT manifest_id, repository_id, encode(digest, 'hex') AS digest, object_id, child_id FROM registry.manifest_edge`,
  tags: `SELECT repository_id, name, manifest_id, previous_manifest_id FROM registry.tag`,
  history: `SELECT repository_id, name, from_manifest_id, to_manifest_id FROM registry.tag_history`,
  sessions: `SELECT id, repository_id, project_id, object_id, state, offset_bytes, epoch, encode(digest, 'hex') AS digest FROM registry.upload_session`,
  operations: `SELECT count(*) AS n FROM registry.finished_operation`,
  outbox: `SELECT topic, message_key, type, subject, aggregate_version, data FROM registry.outbox`,
  log: `SELECT topic, partition, message_key, type, subject, aggregate_version, data FROM events.log`,
  places: `SELECT consumer, topic, partition FROM gc.consumer_place`,
  letters: `SELECT event_id AS id FROM gc.dead_letter`,
  known: `SELECT id, repository_id, digest, subject, version, deleted_at IS NOT NULL AS deleted FROM gc.manifest`,
  references: `SELECT manifest_id, digest, object_id, child_id FROM gc.reference`,
  // Without the reason, which is that of the last event: between repositories, events have no order.
  candidates: `SELECT kind, subject, version, attempts, kept, taken_until IS NOT NULL AS taken FROM gc.candidate`,
  scans: `SELECT kind, after FROM gc.scan`,
};

export async function contents({ registry, database: { registry: rows, events, gc } }: Pair) {
  const simulated: Record<string, unknown[]> = {
    objects: of(rows.objects, ({ id, digest, size, state, attempts, purge_after }) => ({
      ...{ id, digest, size, state, attempts, due: purge_after !== null },
    })),
    links: of(rows.links, ({ lease_until: _, ...row }) => row),
    manifests: of(rows.manifests, ({ untagged_at, deleted_at, delete_operation, ...row }) => ({
      ...{ ...row, untagged: untagged_at !== null, deleted: deleted_at !== null, operated: delete_operation !== null },
    })),
    edges: of(rows.edges, (row) => row),
    tags: of(rows.tags, ({ set_at: _, ...row }) => row),
    history: of(rows.history, ({ id: _, operation: __, ...row }) => row),
    sessions: of(rows.sessions, ({ id, repository_id, project_id, object_id, state, offset_bytes, epoch, digest }) => ({
      ...{ id, repository_id, project_id, object_id, state, offset_bytes, epoch, digest },
    })),
    operations: [{ n: rows.operations.rows().length }],
    outbox: of(rows.outbox, ({ seq: _, event_id: __, created_at: ___, ...row }) => row),
    log: of(events.log, ({ position: _, event_id: __, occurred_at: ___, ...row }) => row),
    places: of(gc.places, ({ next_position: _, ...row }) => row),
    letters: of(gc.letters, ({ id }) => ({ id })),
    known: of(gc.manifests, ({ deleted_at, ...row }) => ({ ...row, deleted: deleted_at !== null })),
    references: of(gc.references, (row) => row),
    candidates: of(gc.candidates, ({ due_at: _, reason: __, taken_until, ...row }) => ({
      ...row,
      taken: taken_until !== null,
    })),
    scans: of(gc.scans, ({ ended_at: _, ...row }) => row),
  };
  const real: Record<string, unknown[]> = {};
  for (const [name, query] of Object.entries(QUERIES)) real[name] = await registry.rows(query);
  return { real: plain(real), simulated: plain(simulated) };
}

function of<Row extends object>(table: Table<Row>, show: (row: Row) => unknown): unknown[] {
  return table.rows().map(show);
}

/** What differs from run to run is an operation's id of the collector's own, a time, and order. */
function plain(tables: Record<string, unknown[]>) {
  const lines = (rows: unknown[]) => rows.map((row) => JSON.stringify(sorted(row))).sort();
  return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, lines(rows)]));
}

function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).filter(([key]) => key !== 'operation' && key !== 'deletedAt');
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, sorted(each)]));
}
