import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';

/** argon2id, 19 MiB, two passes, one lane: OWASP's Password Storage Cheat Sheet, second choice of its list. */
const COST = { algorithm: 2, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

/** The password as it is stored, in PHC form with a salt of its own. */
export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/** True when the password is the hashed one; the compare takes the same time either way. */
export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password);
}

let unknown: Promise<string> | undefined;

/** A hash of nobody's password, checked for unknown users so that they cost the time of known ones. */
export function nobodysHash(): Promise<string> {
  unknown ??= hashPassword(randomBytes(32).toString('base64url'));
  return unknown;
}
