import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What `docker login` keeps instead of a password.
 *
 * Of the token only its SHA-256 is here: it has 256 random bits, so a slow hash would add nothing. `used_at` is exact to
 * an hour (`refresh-token-store.ts`). A token dies with the credential it came from, whoever changes that and however:
 * hence the trigger, which also keeps it dead when a blocked account is let in again.
 */
export class Auth0002 implements MigrationInterface {
  name = 'Auth0002700000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

const STATEMENTS = [
  `CREATE TABLE auth.refresh_token (
     digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
     account_id bigint NOT NULL REFERENCES auth.account ON DELETE CASCADE,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     used_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  'CREATE INDEX refresh_token_of_account ON auth.refresh_token (account_id, used_at)',
  'CREATE INDEX refresh_token_unused ON auth.refresh_token (used_at)',
  `CREATE FUNCTION auth.end_refresh_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       DELETE FROM auth.refresh_token WHERE account_id = NEW.id;
       RETURN NULL;
     END $$`,
  `CREATE TRIGGER account_ends_refresh_tokens AFTER UPDATE OF password_hash, blocked_at ON auth.account
     FOR EACH ROW WHEN (NEW.blocked_at IS NOT NULL OR NEW.password_hash IS DISTINCT FROM OLD.password_hash)
     EXECUTE FUNCTION auth.end_refresh_tokens()`,
];
