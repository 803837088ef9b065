import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Objects whose bytes were found missing or wrong, and walks through the store in the order of its keys.
 *
 * `damaged_at` is set on a `live` or `condemned` object that keeps its references and waits for a push of the same digest;
 * `store` says which installation the blob store belongs to and how far the database has come with it: the store has a copy,
 * and after a restore of the database the two differ. Its `version` counts the events of bytes. An older version that runs
 * meanwhile takes a damaged object for a whole one, as it did before.
 */
export class Registry0008 implements MigrationInterface {
  name = 'Registry0008700000000008';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

const STATEMENTS = [
  `ALTER TABLE registry.blob_object
     ADD COLUMN damaged_at timestamptz,
     ADD COLUMN fault text CHECK (fault IN ('missing', 'length', 'content'))`,
  // Keys end with the id, below its last two digits (`blobKey`); ids in hex sort as the ids do.
  `CREATE INDEX blob_object_key ON registry.blob_object (right(id::text, 2) COLLATE "C", id)
     WHERE state IN ('live', 'condemned')`,
  `CREATE INDEX blob_object_damaged ON registry.blob_object (damaged_at)
     WHERE damaged_at IS NOT NULL AND state IN ('live', 'condemned')`,
  `CREATE TABLE registry.store (
     one boolean PRIMARY KEY DEFAULT true CHECK (one),
     installation uuid NOT NULL DEFAULT gen_random_uuid(),
     epoch bigint NOT NULL DEFAULT 0,
     version bigint NOT NULL DEFAULT 0)`,
  'INSERT INTO registry.store DEFAULT VALUES',
];
