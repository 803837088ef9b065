import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rules on the tags of a project (T15): one row for each project that has or had some. An older version that runs meanwhile
 * does not look at rules: they hold once all run the new one.
 *
 * `tag_rules` is a list of `{"id": 1, "pattern": "^v"}`. An id is used once.
 */
export class Registry0005 implements MigrationInterface {
  name = 'Registry0005700000000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

const STATEMENTS = [
  'CREATE SEQUENCE registry.tag_rule_id',
  `CREATE TABLE registry.project_rules (
     project_id bigint PRIMARY KEY REFERENCES registry.project ON DELETE CASCADE,
     version integer NOT NULL,
     tag_rules jsonb NOT NULL,
     changed_by text NOT NULL,
     changed_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
];
