import { Table } from './table.js';

// The columns that the product's statements use. Digests are hex of the bytes that the database keeps, times are milliseconds.

interface Group {
  id: number;
  path: string;
  created_by: string;
}

interface Project {
  id: number;
  group_id: number;
  path: string;
  created_by: string;
  created_xid: number;
  version: number;
}

interface Repository {
  id: number;
  project_id: number;
  path: string;
  full_path: string;
  version: number;
  shown: boolean;
  created_at: number;
}

type ObjectState = 'uploading' | 'live' | 'condemned' | 'purging' | 'gone';

export interface BlobObject {
  id: string;
  digest: string | null;
  size: number | null;
  state: ObjectState;
  purge_after: number | null;
  attempts: number;
}

export interface Link {
  repository_id: number;
  digest: string;
  object_id: string;
  hidden: boolean;
  lease_until: number;
}

export interface Manifest {
  id: number;
  repository_id: number;
  digest: string;
  media_type: string;
  size: number;
  subject: string | null;
  subject_seen: boolean;
  artifact_type: string | null;
  untagged_at: number | null;
  deleted_at: number | null;
  delete_operation: string | null;
  delete_reason: 'request' | 'collector' | null;
}

export interface Edge {
  manifest_id: number;
  repository_id: number;
  digest: string;
  object_id: string | null;
  child_id: number | null;
}

export interface TagRow {
  repository_id: number;
  name: string;
  manifest_id: number;
  previous_manifest_id: number | null;
  set_at: number;
}

interface TagHistory {
  id: number;
  repository_id: number;
  name: string;
  from_manifest_id: number | null;
  to_manifest_id: number | null;
  operation: string;
}

export interface UploadSession {
  id: string;
  repository_id: number;
  project_id: number;
  object_id: string;
  state: 'open' | 'done' | 'aborted';
  offset_bytes: number;
  epoch: number;
  claim_id: string | null;
  algorithm: string;
  digest: string | null;
  principal: string;
  credential: string;
  opened_at: number;
  expires_at: number;
  ended_at: number | null;
  /** What the blob store noted of the upload. */
  store_state: string | null;
  store_sealed: boolean;
}

export interface OutboxRow {
  seq: number;
  event_id: string;
  topic: string;
  message_key: string;
  type: string;
  subject: string;
  aggregate_version: number;
  created_at: number;
  data: unknown;
}

export interface LogRow {
  position: number;
  topic: string;
  partition: number;
  event_id: string;
  message_key: string;
  type: string;
  subject: string;
  aggregate_version: number;
  occurred_at: Date;
  data: unknown;
}

export interface CandidateRow {
  kind: string;
  subject: string;
  due_at: number;
  reason: string;
  version: number;
  attempts: number;
  taken_until: number | null;
  /** What kept it when it was looked at last. */
  kept: string | null;
}

/** Schema `registry`. */
export class RegistryTables {
  readonly groups = new Table<Group>('project_group');
  readonly projects = new Table<Project>('project');
  readonly repositories = new Table<Repository>('repository');
  readonly objects = new Table<BlobObject>('blob_object');
  readonly links = new Table<Link>('blob_link');
  /** By repository and digest, which are unique. */
  readonly manifests = new Table<Manifest>('manifest');
  readonly edges = new Table<Edge>('manifest_edge');
  readonly tags = new Table<TagRow>('tag');
  readonly history = new Table<TagHistory>('tag_history');
  readonly sessions = new Table<UploadSession>('upload_session');
  readonly operations = new Table<{ id: string; finished_at: number }>('finished_operation');
  readonly outbox = new Table<OutboxRow>('outbox');
  /** Advisory locks, each a row that is never written. */
  readonly advisory = new Table<{ key: string }>('advisory');
}

/** Schema `events`. */
export class EventTables {
  readonly log = new Table<LogRow>('log');
  readonly heads = new Table<{ topic: string; partition: number; position: number }>('partition_head');
  readonly head = new Table<{ position: number }>('head');
}

/** Schema `gc`. */
export class CollectorTables {
  readonly places = new Table<{ consumer: string; topic: string; partition: number; next_position: number }>('place');
  readonly letters = new Table<{ id: string; error: string }>('dead_letter');
  readonly manifests = new Table<{
    id: number;
    repository_id: number;
    digest: string;
    subject: string | null;
    version: number;
    deleted_at: Date | null;
  }>('manifest');
  readonly references = new Table<{
    manifest_id: number;
    digest: string;
    object_id: string | null;
    child_id: number | null;
  }>('reference');
  readonly candidates = new Table<CandidateRow>('candidate');
  readonly scans = new Table<{ kind: string; after: string; ended_at: number | null }>('scan');
}

export const linkKey = (repositoryId: number, digest: string): string => `${repositoryId} ${digest}`;
export const tagKey = (repositoryId: number, name: string): string => `${repositoryId} ${name}`;
export const manifestKey = (repositoryId: number, digest: string): string => `${repositoryId} ${digest}`;
