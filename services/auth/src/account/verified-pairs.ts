import { createHmac, randomBytes } from 'node:crypto';
import { BoundedMap } from '@lading/platform';

/** Milliseconds for which a verified pair is not checked again. */
const FRESH_MS = 60_000;
/** Milliseconds for which a verified pair passes the brake on guesses. */
const KNOWN_MS = 24 * 3_600_000;
const MAX_PAIRS = 10_000;

/**
 * Pairs of account and password that were right a moment ago. What is kept is an HMAC under a key that this process
 * drew and never stores, over the stored hash as well: a changed password is a different pair. A core dump gives no
 * password away that the argon2 hash does not.
 */
export class VerifiedPairs {
  private readonly key = randomBytes(32);
  private readonly verifiedAt: BoundedMap<string, number>;
  private readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
    this.verifiedAt = new BoundedMap({ maxEntries: MAX_PAIRS, ttlMs: KNOWN_MS, now });
  }

  /** Name of a pair, safe to keep; equal for equal pairs within this process. None of the texts holds a NUL. */
  idOf(username: string, passwordHash: string, password: string): string {
    return createHmac('sha256', this.key).update(`${username}\0${passwordHash}\0${password}`).digest('base64');
  }

  /** `fresh`: right within the last minute; `known`: right within the last day; undefined: neither. */
  find(pair: string): 'fresh' | 'known' | undefined {
    const at = this.verifiedAt.get(pair);
    if (at === undefined) return undefined;
    return this.now() - at < FRESH_MS ? 'fresh' : 'known';
  }

  add(pair: string): void {
    this.verifiedAt.set(pair, this.now());
  }
}
