import { sqlMigration } from '@lading/database';

/**
 * What operators say and see: whether collection is paused and how fast it goes, which collectors there are and what they do, and
 * what kept a candidate when it was looked at last. An older version that runs meanwhile does not hear of a pause.
 */
export const Gc0002 = sqlMigration(
  2,
  'operations',
  `ALTER TABLE gc.control
     ADD COLUMN paused_at timestamptz,
     ADD COLUMN paused_by text,
     ADD COLUMN pause_reason text,
     ADD COLUMN pace integer;
   ALTER TABLE gc.candidate
     ADD COLUMN kept text,
     ADD COLUMN looked_at timestamptz;
   ALTER TABLE gc.scan ADD COLUMN hurried boolean NOT NULL DEFAULT false;
   CREATE TABLE gc.collector (
     id uuid PRIMARY KEY,
     host text NOT NULL,
     pid integer NOT NULL,
     started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     round bigint NOT NULL,
     ended_round bigint NOT NULL,
     work text NOT NULL,
     per_second double precision NOT NULL,
     done jsonb NOT NULL,
     rests jsonb NOT NULL);`,
);
