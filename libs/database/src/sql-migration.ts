import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A numbered migration of plain SQL. Numbers start at 1 and give the order; `title` says what it does. It runs in a
 * transaction of its own. There is no way back: a mistake is mended by the next migration.
 */
export function sqlMigration(number: number, title: string, sql: string): new () => MigrationInterface {
  // TypeORM reads the order from the last 13 characters of the name.
  const name = `${title} ${String(number).padStart(13, '0')}`;
  return class implements MigrationInterface {
    readonly name = name;

    async up(runner: QueryRunner): Promise<void> {
      await runner.query(sql);
    }

    down(): Promise<void> {
      return Promise.reject(new Error('Migrations only go forward.'));
    }
  };
}
