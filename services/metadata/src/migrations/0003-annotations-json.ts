import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Annotations are kept as the JSON text that lists of referrers show, so that a list is put together without reading
 * them: as `jsonb` each was written out by PostgreSQL, parsed and written again. What was pushed before stays in the old
 * column and is read from there; nothing is rewritten. An older version that runs meanwhile lists what a newer one
 * stored without its annotations.
 */
export class Registry0003 implements MigrationInterface {
  name = 'Registry0003700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE registry.manifest ADD COLUMN annotations_json json');
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
