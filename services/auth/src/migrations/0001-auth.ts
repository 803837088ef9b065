import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who may sign in and what signs their tokens.
 *
 * One installation: its id is the issuer of every access token, so a second row would split the registry in two.
 * A user name is unique in lower case, because `docker login Admin` and `docker login admin` are one person. A private
 * key is stored sealed (`key/seal.ts`); the public half is readable, so that publishing it needs no secret.
 */
export class Auth0001 implements MigrationInterface {
  name = 'Auth0001700000000001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('migrations go forward only');
  }
}

const STATEMENTS = [
  `CREATE TABLE auth.installation (
     one boolean PRIMARY KEY DEFAULT true CHECK (one),
     id uuid NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  `CREATE TABLE auth.account (
     id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     username text COLLATE "C" NOT NULL CHECK (username = lower(username)),
     password_hash text NOT NULL,
     is_admin boolean NOT NULL DEFAULT false,
     blocked_at timestamptz,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     updated_at timestamptz NOT NULL DEFAULT clock_timestamp())`,
  'CREATE UNIQUE INDEX account_username ON auth.account (username)',
  `CREATE TABLE auth.signing_key (
     kid text PRIMARY KEY,
     public_jwk jsonb NOT NULL,
     sealed_private bytea NOT NULL,
     created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
     retired_at timestamptz)`,
  'CREATE INDEX signing_key_published ON auth.signing_key (created_at) WHERE retired_at IS NULL',
];
