import { sqlMigration } from '@lading/database';

/** Where each endpoint of notifications is in the event log, who works for it, and what became of what was sent. */
export const Ui0001 = sqlMigration(
  1,
  'notification queues',
  `CREATE TABLE ui.notification_queue (
     name text PRIMARY KEY,
     cursor text NOT NULL,
     holder uuid,
     held_until timestamptz NOT NULL DEFAULT clock_timestamp(),
     counts jsonb NOT NULL DEFAULT '{}',
     last_error text,
     last_error_at timestamptz,
     last_success_at timestamptz) WITH (fillfactor = 50)`,
);
