import type { Account } from '../account/account.entity.js';
import { makeRefreshToken } from './refresh-token.js';
import type { RefreshTokenStore } from './refresh-token-store.js';

/** Makes a refresh token for an account that just signed in. */
export class IssueRefreshToken {
  constructor(
    private readonly tokens: Pick<RefreshTokenStore, 'insert'>,
    /** `LADING_REFRESH_TOKENS` */
    private readonly enabled: boolean,
  ) {}

  /** `off` where none are given; `gone` when the account was blocked or got another password since it signed in. */
  async execute(account: Account): Promise<{ readonly token: string } | 'off' | 'gone'> {
    if (!this.enabled) return 'off';
    const { token, digest } = makeRefreshToken();
    return (await this.tokens.insert(digest, account)) ? { token } : 'gone';
  }
}
