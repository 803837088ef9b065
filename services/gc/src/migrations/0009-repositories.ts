import { sqlMigration } from '@lading/database';

/** Repositories and projects are candidates too. */
export const Gc0009 = sqlMigration(
  9,
  'repositories and projects as candidates',
  `ALTER TABLE gc.candidate DROP CONSTRAINT candidate_kind_check;
   ALTER TABLE gc.candidate ADD CHECK
     (kind IN ('untagged', 'expunge', 'repository', 'project', 'link', 'object'));`,
);
