import { createHash, randomBytes } from 'node:crypto';

// A refresh token stands for the account that signed in for it, and carries nothing: each use reads what the account is
// then. So there is no copy of rights or of an end that could outlive the account. Many hosts use one at once (a pull
// secret copied to every node), and Docker does not store another one that an answer gives, so it is never replaced.

/** Tells what the text is to whoever finds it, and to scanners for leaked secrets. */
const PREFIX = 'lading_rt_';
/** 256 bits: nobody guesses one, so guesses need no brake and the stored digest no salt. */
const RANDOM_BYTES = 32;

const FORM = new RegExp(`^${PREFIX}[\\w-]{43}$`);

export interface NewRefreshToken {
  /** For its owner; stored nowhere. */
  readonly token: string;
  /** SHA-256 of the token, which is what is stored and looked up. */
  readonly digest: Buffer;
}

export function makeRefreshToken(): NewRefreshToken {
  const token = PREFIX + randomBytes(RANDOM_BYTES).toString('base64url');
  return { token, digest: sha256(token) };
}

/** The digest to look a token up by; undefined for a text that is none. */
export function refreshTokenDigest(token: string): Buffer | undefined {
  return FORM.test(token) ? sha256(token) : undefined;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
