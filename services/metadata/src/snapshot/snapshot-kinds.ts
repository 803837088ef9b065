import type { ReadSnapshotResponse } from '@lading/proto';
import { fromBytes } from '../database/digest-bytes.js';

// What is in a deleted repository is in the snapshot, for a restore says no more than that it is back.

/** One kind of rows of a snapshot, walked in the order of its key. */
export interface SnapshotKind {
  /**
   * Rows after a place, in the order of the key, and of each its own `place`: the key's columns, as parameters that begin the
   * next page. The last parameter is the most rows.
   */
  readonly text: string;
  /** A place before every row. */
  readonly first: readonly unknown[];
  // biome-ignore lint/suspicious/noExplicitAny: the columns of its text
  toPage(rows: any[]): Partial<ReadSnapshotResponse>;
}

const PROJECTS: SnapshotKind = {
  first: [0],
  text: `SELECT id, path, visibility, version, deleted_at IS NOT NULL AS deleted, ARRAY[id] AS place
         FROM registry.project WHERE id > $1 ORDER BY id LIMIT $2`,
  toPage: (rows) => ({
    projects: rows.map(({ id, path, visibility, version, deleted }) => ({
      ...{ projectId: id, path, visibility, version, deleted },
    })),
  }),
};

const REPOSITORIES: SnapshotKind = {
  first: [0],
  text: `SELECT id, project_id, full_path, version, deleted_at IS NOT NULL AS deleted, ARRAY[id] AS place
         FROM registry.repository WHERE id > $1 ORDER BY id LIMIT $2`,
  toPage: (rows) => ({
    repositories: rows.map((row) => ({
      repositoryId: row.id,
      projectId: row.project_id,
      path: row.full_path,
      version: row.version,
      deleted: row.deleted,
    })),
  }),
};

const MANIFESTS: SnapshotKind = {
  first: [0],
  text: `SELECT m.id, m.repository_id, m.digest, m.media_type, m.size, m.subject, m.artifact_type, ARRAY[m.id] AS place
         FROM registry.manifest m WHERE m.id > $1 AND m.deleted_at IS NULL ORDER BY m.id LIMIT $2`,
  toPage: (rows) => ({
    manifests: rows.map((row) => ({
      repositoryId: row.repository_id,
      manifestId: row.id,
      digest: fromBytes(row.digest),
      mediaType: row.media_type,
      size: row.size,
      subject: row.subject ? fromBytes(row.subject) : undefined,
      artifactType: row.artifact_type ?? undefined,
    })),
  }),
};

const TAGS: SnapshotKind = {
  first: [0, ''],
  text: `SELECT t.repository_id, t.name, t.manifest_id, m.digest, ARRAY[t.repository_id::text, t.name] AS place
         FROM registry.tag t JOIN registry.manifest m ON m.id = t.manifest_id
         WHERE (t.repository_id, t.name) > ($1, $2)
         ORDER BY t.repository_id, t.name LIMIT $3`,
  toPage: (rows) => ({
    tags: rows.map((row) => ({
      repositoryId: row.repository_id,
      tag: row.name,
      digest: fromBytes(row.digest),
      manifestId: row.manifest_id,
    })),
  }),
};

const BLOBS: SnapshotKind = {
  first: [0, ''],
  text: `SELECT l.repository_id, l.digest, l.object_id, o.size, o.damaged_at IS NOT NULL AS damaged,
                ARRAY[l.repository_id::text, encode(l.digest, 'hex')] AS place
         FROM registry.blob_link l JOIN registry.blob_object o ON o.id = l.object_id
         WHERE (l.repository_id, l.digest) > ($1, decode($2, 'hex')) AND NOT l.hidden
         ORDER BY l.repository_id, l.digest LIMIT $3`,
  toPage: (rows) => ({
    blobs: rows.map((row) => ({
      repositoryId: row.repository_id,
      digest: fromBytes(row.digest),
      objectId: row.object_id,
      size: row.size,
      damaged: row.damaged || undefined,
    })),
  }),
};

/** In the order of a snapshot: what a row names comes before it. */
export const SNAPSHOT_KINDS: readonly SnapshotKind[] = [PROJECTS, REPOSITORIES, MANIFESTS, TAGS, BLOBS];
