import { accountPrincipal, type Principal } from '../account/principal.js';
import { refreshTokenDigest } from './refresh-token.js';
import type { RefreshTokenStore } from './refresh-token-store.js';

/** Finds who a refresh token stands for: the account it came from, with the rights that it has now. */
export class UseRefreshToken {
  constructor(
    private readonly tokens: Pick<RefreshTokenStore, 'use'>,
    /** `LADING_REFRESH_TOKENS`: while they are off, those given before are not taken either. */
    private readonly enabled: boolean,
  ) {}

  /** Undefined: unknown, ended, or of an account that may no more, without saying which. */
  async execute(token: string): Promise<Principal | undefined> {
    const digest = this.enabled ? refreshTokenDigest(token) : undefined;
    const account = digest && (await this.tokens.use(digest));
    return account && accountPrincipal(account);
  }
}
