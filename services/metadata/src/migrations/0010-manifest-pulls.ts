import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * When a manifest was pulled last. A table of its own: rows of `manifest` hold its bytes, and each UPDATE would write them
 * again. An older version that runs meanwhile notes no pulls.
 */
export class Registry0010 implements MigrationInterface {
  // TypeORM reads the order from the last 13 characters: with two digits in front it would come before all others.
  name = 'Registry00109700000000010';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE registry.manifest_pull (
         manifest_id bigint PRIMARY KEY REFERENCES registry.manifest ON DELETE CASCADE,
         pulled_at timestamptz NOT NULL) WITH (fillfactor = 70)`,
    );
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
