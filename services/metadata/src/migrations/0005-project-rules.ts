import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rules on the tags of a project, in one row for each project: what pushes lock to be on one side or the other of a
 * change (T15). So that there is something to lock, the row is there as long as the project. A trigger sees to it,
 * because an older version that runs meanwhile makes projects too. An older version does not look at rules: they hold
 * once all run the new one.
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
     version integer NOT NULL DEFAULT 0,
     tag_rules jsonb NOT NULL DEFAULT '[]',
     changed_by text,
     changed_at timestamptz)`,
  `CREATE FUNCTION registry.make_project_rules() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO registry.project_rules (project_id) VALUES (NEW.id);
     RETURN NULL;
   END $$`,
  // Waits for projects that are being made, and keeps others out until we commit: the INSERT below misses none.
  `CREATE TRIGGER project_has_rules AFTER INSERT ON registry.project
     FOR EACH ROW EXECUTE FUNCTION registry.make_project_rules()`,
  'INSERT INTO registry.project_rules (project_id) SELECT id FROM registry.project',
];
