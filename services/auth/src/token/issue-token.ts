import { randomUUID } from 'node:crypto';
import {
  type AccessTokenClaims,
  grantToClaim,
  MAX_TOKEN_LENGTH,
  TOKEN_ALGORITHM,
  TOKEN_AUDIENCE,
} from '@lading/access-token';
import type { Grant, ScopeRequest } from '@lading/proto';
import { SignJWT } from 'jose';
import type { Principal } from '../account/principal.js';
import type { KeyRing } from '../key/key-ring.js';
import { badRequest, type TokenRefused } from './token-refused.js';

/** Seconds before its issue from which a token is valid, for machines whose clocks run behind. */
const BACKDATED_S = 60;

export interface IssuedToken {
  readonly token: string;
  readonly issuedAt: Date;
  /** Seconds from `issuedAt` to the token's end. */
  readonly expiresIn: number;
}

export interface IssueTokenOptions {
  /** `iss`: the installation's id. */
  readonly issuer: string;
  /** Seconds; 60 at least, which is what clients assume. */
  readonly ttlSeconds: number;
  readonly now?: () => number;
}

/** Signs what a principal was granted. */
export class IssueToken {
  constructor(
    private readonly keys: KeyRing,
    private readonly options: IssueTokenOptions,
  ) {}

  /**
   * Told before anything is looked up for it.
   *
   * @throws TokenRefused (400) for scopes whose names alone make a token too long to be used.
   */
  assertRoom(asked: readonly ScopeRequest[]): void {
    const least = JSON.stringify(asked.map(({ type, name }) => ({ type, name, actions: [] })));
    // Base64 writes three bytes as four characters.
    if ((Buffer.byteLength(least) * 4) / 3 > MAX_TOKEN_LENGTH) throw tooLong();
  }

  /** @throws TokenRefused (400) for a token that would be too long to be used. */
  async execute(principal: Principal, grants: readonly Grant[]): Promise<IssuedToken> {
    const { issuer, ttlSeconds, now = Date.now } = this.options;
    const { kid, key } = await this.keys.current();
    const iat = Math.floor(now() / 1000);
    const claims: AccessTokenClaims = {
      iss: issuer,
      aud: TOKEN_AUDIENCE,
      sub: principal.id,
      cred: principal.credential,
      jti: randomUUID(),
      iat,
      nbf: iat - BACKDATED_S,
      exp: iat + ttlSeconds,
      access: grants.map(grantToClaim),
    };
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid, typ: 'JWT' })
      .sign(key);
    if (token.length > MAX_TOKEN_LENGTH) throw tooLong();
    return { token, issuedAt: new Date(iat * 1000), expiresIn: ttlSeconds };
  }
}

function tooLong(): TokenRefused {
  return badRequest('too many or too long scopes for one token; ask for fewer');
}
