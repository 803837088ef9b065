import type { JWK } from 'jose';
import type { EntityManager } from 'typeorm';

export interface StoredKey {
  readonly kid: string;
  readonly publicJwk: JWK;
  readonly sealedPrivate: Buffer;
  /** Seconds since it was first published, by the database's clock. */
  readonly ageSeconds: number;
}

/** Keys that are published, oldest first. */
export async function listPublishedKeys(manager: EntityManager): Promise<StoredKey[]> {
  return manager.query(
    `SELECT kid, public_jwk AS "publicJwk", sealed_private AS "sealedPrivate",
            extract(epoch FROM clock_timestamp() - created_at)::float8 AS "ageSeconds"
       FROM auth.signing_key WHERE retired_at IS NULL ORDER BY created_at, kid`,
  );
}

export async function insertKey(manager: EntityManager, key: Omit<StoredKey, 'ageSeconds'>): Promise<void> {
  await manager.query('INSERT INTO auth.signing_key (kid, public_jwk, sealed_private) VALUES ($1, $2, $3)', [
    key.kid,
    key.publicJwk,
    key.sealedPrivate,
  ]);
}

export async function retireKeys(manager: EntityManager, kids: readonly string[]): Promise<void> {
  await manager.query('UPDATE auth.signing_key SET retired_at = clock_timestamp() WHERE kid = ANY($1)', [kids]);
}

/**
 * Held to the end of the transaction by whoever makes the installation, a key or the first admin: replicas that start
 * together, or rotate together, do it one after another and the second finds what the first made.
 */
export async function lockSetup(manager: EntityManager): Promise<void> {
  await manager.query(`SELECT pg_advisory_xact_lock(hashtextextended('lading auth setup', 0))`);
}
