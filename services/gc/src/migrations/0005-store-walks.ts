import { sqlMigration } from '@lading/database';

/**
 * Objects whose damaged bytes were replaced, walks through the blob store, and what is in doubt about whose store it is.
 * A walk goes on where it stopped, in whichever process: `holder` has it until `held_until`.
 */
export const Gc0005 = sqlMigration(
  5,
  'walks through the store',
  `CREATE TABLE gc.replaced_object (id uuid PRIMARY KEY, replaced_by uuid NOT NULL);
   CREATE INDEX replaced_object_by ON gc.replaced_object (replaced_by);
   CREATE TABLE gc.store_walk (
     kind text PRIMARY KEY CHECK (kind IN ('store', 'scrub')),
     after text NOT NULL DEFAULT '',
     begun_at timestamptz,
     ended_at timestamptz,
     passes bigint NOT NULL DEFAULT 0,
     counts jsonb NOT NULL DEFAULT '{}',
     last_counts jsonb,
     holder uuid,
     held_until timestamptz);
   INSERT INTO gc.store_walk (kind) VALUES ('store'), ('scrub');
   CREATE TABLE gc.store_doubt (
     one boolean PRIMARY KEY DEFAULT true CHECK (one),
     subject text);
   INSERT INTO gc.store_doubt DEFAULT VALUES;`,
);
