import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many uploads a project has open is asked at the beginning of each (`LADING_OPEN_UPLOADS`). A session keeps the
 * project that it was opened in, so that one index answers, whatever number of repositories the project has. It is no
 * foreign key: that would lock the project's row with each upload, and nothing but the count reads it. Sessions that an
 * older version opens meanwhile have none and are not counted.
 */
export class Registry0002 implements MigrationInterface {
  name = 'Registry0002700000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

const STATEMENTS = [
  'ALTER TABLE registry.upload_session ADD COLUMN project_id bigint',
  `UPDATE registry.upload_session s SET project_id = r.project_id
   FROM registry.repository r WHERE r.id = s.repository_id AND s.state = 'open'`,
  `CREATE INDEX upload_session_open_in_project ON registry.upload_session (project_id) WHERE state = 'open'`,
];
