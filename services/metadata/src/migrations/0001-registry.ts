import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The truth: who may be named, what is linked, what points at what.
 *
 * Text that is sorted or compared is COLLATE "C", so that lists come in byte order whatever the database's locale.
 * Digests are bytea: one byte for the algorithm, then the raw hash (`digestToBytes`). Deletes of groups, projects,
 * repositories and manifests are soft from the first day (T1, T2): live rows are those with `deleted_at IS NULL`.
 * Ids never return. A blob object has no column for its key in the blob store: the key is a function of the id
 * (`blobKey` in libs/blob-store), so a key is never used twice because an id never is.
 */
export class Registry0001 implements MigrationInterface {
  name = 'Registry0001700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...NAMES, ...BLOBS, ...MANIFESTS, ...UPLOADS, ...OUTBOX]) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

/** `path` of a group or project and `full_path` of a repository are the path index: everything else names ids. */
const NAMES = [
  `CREATE TABLE registry.project_group (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     parent_id bigint REFERENCES registry.project_group,
     path text COLLATE "C" NOT NULL,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     deleted_at timestamptz)`,
  'CREATE UNIQUE INDEX project_group_live_path ON registry.project_group (path) WHERE deleted_at IS NULL',
  `CREATE TABLE registry.project (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     group_id bigint NOT NULL REFERENCES registry.project_group,
     path text COLLATE "C" NOT NULL,
     visibility text NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'internal', 'public')),
     version bigint NOT NULL DEFAULT 0,
     created_by text NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     created_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
     deleted_at timestamptz)`,
  'CREATE UNIQUE INDEX project_live_path ON registry.project (path) WHERE deleted_at IS NULL',
  `CREATE TABLE registry.repository (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     project_id bigint NOT NULL REFERENCES registry.project,
     path text COLLATE "C" NOT NULL,
     full_path text COLLATE "C" NOT NULL,
     version bigint NOT NULL DEFAULT 0,
     shown boolean NOT NULL DEFAULT false,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     deleted_at timestamptz,
     delete_operation uuid)`,
  'CREATE UNIQUE INDEX repository_live_path ON registry.repository (project_id, path) WHERE deleted_at IS NULL',
  'CREATE INDEX repository_catalog ON registry.repository (full_path) WHERE deleted_at IS NULL AND shown',
];

const BLOBS = [
  `CREATE TABLE registry.blob_object (
     id uuid PRIMARY KEY,
     digest bytea,
     size bigint,
     state text NOT NULL CHECK (state IN ('uploading', 'live', 'condemned', 'purging', 'gone')),
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     touched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     condemned_at timestamptz,
     purge_after timestamptz,
     attempts integer NOT NULL DEFAULT 0,
     CHECK (state NOT IN ('live', 'condemned') OR (digest IS NOT NULL AND size IS NOT NULL)))`,
  `CREATE UNIQUE INDEX blob_object_one_current ON registry.blob_object (digest) WHERE state IN ('live', 'condemned')`,
  `CREATE INDEX blob_object_due ON registry.blob_object (purge_after, id) WHERE state IN ('condemned', 'purging')`,
  `CREATE TABLE registry.blob_link (
     repository_id bigint NOT NULL REFERENCES registry.repository,
     digest bytea NOT NULL,
     object_id uuid NOT NULL REFERENCES registry.blob_object,
     hidden boolean NOT NULL DEFAULT false,
     lease_until timestamptz NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     PRIMARY KEY (repository_id, digest))`,
  'CREATE INDEX blob_link_object ON registry.blob_link (object_id, created_at DESC)',
  'CREATE INDEX blob_link_lease ON registry.blob_link (lease_until)',
];

const MANIFESTS = [
  `CREATE TABLE registry.manifest (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     repository_id bigint NOT NULL REFERENCES registry.repository,
     digest bytea NOT NULL,
     media_type text NOT NULL,
     size integer NOT NULL,
     body bytea NOT NULL,
     subject bytea,
     subject_seen boolean NOT NULL DEFAULT false,
     artifact_type text,
     annotations jsonb,
     annotations_size integer NOT NULL DEFAULT 0,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     untagged_at timestamptz,
     deleted_at timestamptz,
     delete_operation uuid,
     delete_reason text CHECK (delete_reason IN ('request', 'collector')),
     UNIQUE (repository_id, digest),
     CHECK ((deleted_at IS NULL) = (delete_reason IS NULL)))`,
  `CREATE INDEX manifest_referrer ON registry.manifest (repository_id, subject, id) WHERE subject IS NOT NULL`,
  `CREATE INDEX manifest_untagged ON registry.manifest (untagged_at, id) WHERE untagged_at IS NOT NULL AND deleted_at IS NULL`,
  `CREATE INDEX manifest_tombstone ON registry.manifest (deleted_at, id) WHERE deleted_at IS NOT NULL`,
  `CREATE TABLE registry.manifest_edge (
     manifest_id bigint NOT NULL REFERENCES registry.manifest ON DELETE CASCADE,
     repository_id bigint NOT NULL,
     digest bytea NOT NULL,
     object_id uuid REFERENCES registry.blob_object,
     child_id bigint REFERENCES registry.manifest,
     PRIMARY KEY (manifest_id, digest))`,
  'CREATE INDEX manifest_edge_digest ON registry.manifest_edge (repository_id, digest)',
  // Edges that wait for what they name: whatever arrives looks here, and not at all edges of a common digest.
  `CREATE INDEX manifest_edge_waiting ON registry.manifest_edge (repository_id, digest)
     WHERE object_id IS NULL AND child_id IS NULL`,
  'CREATE INDEX manifest_edge_object ON registry.manifest_edge (object_id) WHERE object_id IS NOT NULL',
  'CREATE INDEX manifest_edge_child ON registry.manifest_edge (child_id) WHERE child_id IS NOT NULL',
  `CREATE TABLE registry.tag (
     repository_id bigint NOT NULL REFERENCES registry.repository,
     name text COLLATE "C" NOT NULL,
     manifest_id bigint NOT NULL REFERENCES registry.manifest,
     previous_manifest_id bigint,
     set_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     PRIMARY KEY (repository_id, name))`,
  'CREATE INDEX tag_manifest ON registry.tag (manifest_id)',
  `CREATE TABLE registry.tag_history (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     repository_id bigint NOT NULL,
     name text COLLATE "C" NOT NULL,
     from_manifest_id bigint,
     to_manifest_id bigint,
     operation uuid NOT NULL,
     actor text NOT NULL,
     at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  'CREATE INDEX tag_history_name ON registry.tag_history (repository_id, name, id)',
];

const UPLOADS = [
  `CREATE TABLE registry.upload_session (
     id uuid PRIMARY KEY,
     repository_id bigint NOT NULL REFERENCES registry.repository,
     object_id uuid NOT NULL REFERENCES registry.blob_object,
     state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'aborted')),
     offset_bytes bigint NOT NULL DEFAULT 0,
     epoch integer NOT NULL DEFAULT 0,
     claim_id uuid,
     algorithm text NOT NULL,
     digest bytea,
     principal text NOT NULL,
     credential text NOT NULL,
     opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     expires_at timestamptz NOT NULL,
     ended_at timestamptz)`,
  `CREATE INDEX upload_session_open ON registry.upload_session (expires_at) WHERE state = 'open'`,
  `CREATE INDEX upload_session_ended ON registry.upload_session (ended_at) WHERE state <> 'open'`,
  'CREATE INDEX upload_session_repository ON registry.upload_session (repository_id)',
  // Accounts and tokens that may finish no upload any more (T19). `auth` writes here through metadata's functions.
  `CREATE TABLE registry.revoked_credential (
     credential text PRIMARY KEY,
     revoked_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
];

const OUTBOX = [
  `CREATE TABLE registry.outbox (
     seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
     event_id uuid NOT NULL UNIQUE,
     topic text NOT NULL,
     message_key text NOT NULL,
     type text NOT NULL,
     subject text NOT NULL,
     aggregate_version bigint NOT NULL,
     data jsonb NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  'CREATE INDEX outbox_commit_order ON registry.outbox (xid, seq)',
  // Deletes that were carried out, so that the same call sent again is answered as the first one was.
  `CREATE TABLE registry.finished_operation (
     id uuid PRIMARY KEY,
     finished_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  'CREATE INDEX finished_operation_age ON registry.finished_operation (finished_at)',
];
