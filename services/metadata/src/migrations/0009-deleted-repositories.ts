import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Repositories and projects that were deleted: which operation did it and who, so that a restore undoes exactly that, and
 * whether their removal has begun, from where nothing comes back. What can be restored is listed by name, newest first.
 */
export class Registry0009 implements MigrationInterface {
  name = 'Registry0009700000000009';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

const STATEMENTS = [
  'ALTER TABLE registry.repository ADD COLUMN expunging boolean NOT NULL DEFAULT false',
  'ALTER TABLE registry.repository ADD COLUMN deleted_by text',
  'ALTER TABLE registry.repository ADD COLUMN purged_by text',
  'ALTER TABLE registry.project ADD COLUMN expunging boolean NOT NULL DEFAULT false',
  'ALTER TABLE registry.project ADD COLUMN deleted_by text',
  'ALTER TABLE registry.project ADD COLUMN delete_operation uuid',
  'CREATE INDEX repository_deleted ON registry.repository (full_path, deleted_at) WHERE deleted_at IS NOT NULL',
  'CREATE INDEX repository_project ON registry.repository (project_id)',
  'CREATE INDEX project_deleted ON registry.project (path, deleted_at) WHERE deleted_at IS NOT NULL',
  'CREATE INDEX manifest_deleted_in ON registry.manifest (repository_id, deleted_at) WHERE deleted_at IS NOT NULL',
  'CREATE INDEX tag_history_at ON registry.tag_history (repository_id, at)',
];
