import { type AccessTokenVerifier, InvalidToken } from '@lading/access-token';
import { parseBasic } from '@lading/platform';
import type { AuthPort } from '@lading/rpc';
import { forbidden, unauthorized } from '../http/api-error.js';
import type { Caller } from './caller.js';

/** Finds out who asks, and whether they may. */
export class Callers {
  constructor(
    private readonly auth: AuthPort,
    private readonly verifier: Pick<AccessTokenVerifier, 'verify'>,
  ) {}

  /**
   * @param header `Authorization`, with a password (Basic) or an access token (Bearer).
   * @param address of the client, to slow down guessing.
   * @throws ApiError 401 without credentials, or with wrong ones; TooManyRequests
   */
  async identify(header: string | undefined, address: string): Promise<Caller> {
    const token = /^bearer +(\S+)\s*$/i.exec(header ?? '')?.[1];
    const caller = token === undefined ? await this.withPassword(header, address) : await this.withToken(token);
    // Anonymous tokens are given to everybody.
    if (caller === undefined || caller.principal === '') throw unauthorized();
    return caller;
  }

  /** @throws ApiError 403 unless the caller is an administrator at this moment, 401 once its token has ended */
  async assertAdministrator({ principal, credential, expiresAtMs }: Caller): Promise<void> {
    if (expiresAtMs <= Date.now()) throw unauthorized();
    const { administrator } = await this.auth.authorizeAdministrator({ principal, credential });
    if (!administrator) throw forbidden('this is for administrators');
  }

  private async withPassword(header: string | undefined, address: string): Promise<Caller | undefined> {
    const basic = parseBasic(header);
    if (basic.kind !== 'pair') return undefined;
    const { username, password } = basic;
    const answer = await this.auth.authorizeBasic({ username, password, scopes: [], address });
    if (!answer.authenticated) return undefined;
    return { principal: answer.principal, credential: answer.credential, expiresAtMs: Number.POSITIVE_INFINITY };
  }

  private async withToken(token: string): Promise<Caller | undefined> {
    try {
      const { principal, credential, expiresAt } = await this.verifier.verify(token);
      return { principal, credential, expiresAtMs: expiresAt.getTime() };
    } catch (error) {
      if (error instanceof InvalidToken) return undefined;
      throw error;
    }
  }
}
