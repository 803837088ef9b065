import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What a blob store notes of an open upload beside its offset: for S3 the id of the multipart upload and its parts, so
 * that any replica goes on with it. An older version that runs meanwhile writes to files alone, which need none, and
 * leaves the columns as they are.
 */
export class Registry0004 implements MigrationInterface {
  name = 'Registry0004700000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE registry.upload_session
         ADD COLUMN store_state text,
         ADD COLUMN store_sealed boolean NOT NULL DEFAULT false`,
    );
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}
