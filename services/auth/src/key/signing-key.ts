/** What the choice of a key looks at. */
export interface AgedKey {
  readonly ageSeconds: number;
}

/**
 * Seconds between the moment a key is published and the first token it signs: every replica of `auth` has read it by
 * then (`KEYS_FRESH_MS`), so whoever meets a new key id can get the key from any of them.
 */
export const PUBLISHED_BEFORE_USE_S = 60;

/**
 * The newest key that was published long enough, else the oldest there is: the first key of an installation signs at
 * once, since nobody can hold an older set.
 *
 * @param keys oldest first, at least one
 */
export function chooseSigningKey<K extends AgedKey>(keys: readonly [K, ...K[]]): K {
  return keys.findLast((key) => key.ageSeconds >= PUBLISHED_BEFORE_USE_S) ?? keys[0];
}
