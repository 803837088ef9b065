import { sqlMigration } from '@lading/database';
import { consumerTables } from '@lading/events';

/**
 * What the collector keeps: how the registry's content refers to each other, as far as events have told, and what to look
 * at when. Both are derived and decide nothing: `metadata` looks at its own rows for every step.
 *
 * References are sets with the referrer in their key, never counters: telling the same thing twice changes nothing.
 */
export const Gc0001 = sqlMigration(
  1,
  'references and candidates',
  `${consumerTables('gc')}
   CREATE TABLE gc.manifest (
     id bigint PRIMARY KEY,
     repository_id bigint NOT NULL,
     digest text NOT NULL,
     subject text,
     version bigint NOT NULL,
     deleted_at timestamptz);
   CREATE INDEX manifest_subject ON gc.manifest (repository_id, subject) WHERE subject IS NOT NULL;
   CREATE TABLE gc.reference (
     manifest_id bigint NOT NULL REFERENCES gc.manifest ON DELETE CASCADE,
     digest text NOT NULL,
     object_id uuid,
     child_id bigint,
     PRIMARY KEY (manifest_id, digest));
   CREATE INDEX reference_object ON gc.reference (object_id) WHERE object_id IS NOT NULL;
   CREATE TABLE gc.candidate (
     kind text NOT NULL CHECK (kind IN ('untagged', 'expunge', 'link', 'object')),
     subject text NOT NULL,
     due_at timestamptz NOT NULL,
     reason text NOT NULL,
     version bigint NOT NULL DEFAULT 1,
     attempts integer NOT NULL DEFAULT 0,
     taken_until timestamptz,
     noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     PRIMARY KEY (kind, subject));
   CREATE TABLE gc.scan (
     kind text PRIMARY KEY,
     after text NOT NULL DEFAULT '',
     begun_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     ended_at timestamptz,
     found bigint NOT NULL DEFAULT 0);
   CREATE TABLE gc.control (
     one boolean PRIMARY KEY DEFAULT true CHECK (one),
     seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     halted_at timestamptz,
     reason text);
   INSERT INTO gc.control DEFAULT VALUES;
   CREATE INDEX candidate_due ON gc.candidate (kind, due_at);`,
);
