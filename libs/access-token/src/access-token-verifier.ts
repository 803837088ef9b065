import type { Grant } from '@lading/proto';
import { decodeJwt, decodeProtectedHeader, errors, jwtVerify } from 'jose';
import {
  accessTokenClaims,
  claimToGrant,
  MAX_TOKEN_LENGTH,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
} from './access-token-claims.js';
import { InvalidToken } from './invalid-token.js';
import { PublishedKeys, type PublishedKeysOptions } from './published-keys.js';

// How a token is judged. The key id picks one of the installation's published keys; nothing else in the token may
// choose a key or an algorithm. Then: signature (ES256), issuer, audience, times with a minute of tolerance, and the
// shape of the claims. The answer is what the signer granted, never more.

/** Seconds by which two machines' clocks may differ. */
const CLOCK_TOLERANCE_S = 60;

/** Who asks and what the token gives. */
export interface VerifiedToken {
  /** Such as `account:1`; empty: anonymous. */
  readonly principal: string;
  /** The account or token the grants came from; empty: none. */
  readonly credential: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly grants: readonly Grant[];
}

export interface VerifyOptions {
  /**
   * Accept a token that has expired, everything else unchanged. For the requests of an upload that was opened while
   * the token held (T19): the caller compares `expiresAt` with the time at which the upload was opened.
   */
  readonly allowExpired?: boolean;
}

export type AccessTokenVerifierOptions = Pick<PublishedKeysOptions, 'getKeys'> & Partial<PublishedKeysOptions>;

/** Checks access tokens with the installation's public keys. Safe for concurrent use. */
export class AccessTokenVerifier {
  private readonly keys: PublishedKeys;
  private readonly now: () => number;

  constructor({ getKeys, now = Date.now }: AccessTokenVerifierOptions) {
    this.now = now;
    this.keys = new PublishedKeys({ getKeys, now });
  }

  /** @throws InvalidToken; what `getKeys` throws when there are no keys to check with. */
  async verify(token: string, { allowExpired = false }: VerifyOptions = {}): Promise<VerifiedToken> {
    const { issuer, key } = await this.keys.find(keyIdOf(token));
    const currentDate = new Date(allowExpired ? this.withinLife(token) : this.now());
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [TOKEN_ALGORITHM],
        issuer,
        audience: TOKEN_AUDIENCE,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp', 'nbf', 'iat', 'sub'],
        currentDate,
      });
      return toVerifiedToken(payload);
    } catch (error) {
      throw error instanceof InvalidToken ? error : new InvalidToken(reasonOf(error), { cause: error });
    }
  }

  /** Now, but for an expired token its last second: it is then judged as it was, and one from the future still fails. */
  private withinLife(token: string): number {
    const { exp } = readable(() => decodeJwt(token));
    return Math.min(this.now(), ((exp ?? 0) - 1) * 1000);
  }
}

function keyIdOf(token: string): string {
  if (token.length > MAX_TOKEN_LENGTH) throw new InvalidToken('too long');
  const { alg, kid } = readable(() => decodeProtectedHeader(token));
  if (alg !== TOKEN_ALGORITHM) throw new InvalidToken('wrong algorithm');
  if (typeof kid !== 'string') throw new InvalidToken('no key id');
  return kid;
}

function readable<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw new InvalidToken('malformed', { cause: error });
  }
}

function toVerifiedToken(payload: unknown): VerifiedToken {
  const parsed = accessTokenClaims.safeParse(payload);
  if (!parsed.success) throw new InvalidToken('malformed claims', { cause: parsed.error });
  const { sub, cred, iat, exp, access } = parsed.data;
  return {
    principal: sub,
    credential: cred,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date(exp * 1000),
    grants: access.map(claimToGrant),
  };
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `claim ${error.claim}`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  return 'malformed';
}
