import type { DataSource } from 'typeorm';
import { makeSigningKey } from './make-signing-key.js';
import type { KeySealer } from './seal.js';
import { insertKey, listPublishedKeys, lockSetup, retireKeys } from './signing-key-store.js';

// Rotation in one step. A new key is published beside the present one, which goes on signing for a minute
// (`chooseSigningKey`); from then on the new one signs. The present key stays published until the next rotation, so
// its tokens hold to their end. The next rotation retires all but the newest key, so two are published at any time;
// it is refused while the newest key is young: tokens of the key it would retire could still be in use.

/** Seconds: the longest token (`TOKEN_TTL_MOST_MS`), and the uploads that may outlive it by a day (T19). */
export const ROTATE_AFTER_S = 2 * 24 * 3600;

/** The newest key has not been in use long enough for another rotation. */
export class RotationTooSoon extends Error {
  override readonly name = 'RotationTooSoon';

  constructor(waitSeconds: number) {
    super(`tokens of the key before this one may still be in use; rotate again in ${Math.ceil(waitSeconds)} s`);
  }
}

/**
 * Publishes a new signing key and gives its id. Safe to call from several replicas at once: one rotates, the others
 * are refused. An installation that has had one key so far may rotate at any time.
 *
 * @throws RotationTooSoon
 */
export async function rotateSigningKey(dataSource: DataSource, sealer: KeySealer): Promise<string> {
  return dataSource.transaction(async (manager) => {
    await lockSetup(manager);
    const published = await listPublishedKeys(manager);
    const newest = published.at(-1);
    if (published.length > 1 && newest !== undefined && newest.ageSeconds < ROTATE_AFTER_S) {
      throw new RotationTooSoon(ROTATE_AFTER_S - newest.ageSeconds);
    }
    const key = await makeSigningKey(sealer);
    await retireKeys(
      manager,
      published.slice(0, -1).map(({ kid }) => kid),
    );
    await insertKey(manager, key);
    return key.kid;
  });
}
