import type { AccountStore } from './account-store.js';
import { ANONYMOUS, accountIdOf, accountPrincipal, type Principal } from './principal.js';

/** Finds who a token was given to, as they are now. */
export class FindPrincipal {
  constructor(private readonly accounts: Pick<AccountStore, 'findById'>) {}

  /**
   * Anonymous when the account is gone or blocked, or when the credential is not one that can act for it: whoever
   * asks with less than is known gets what everybody gets.
   */
  async execute(principal: string, credential: string): Promise<Principal> {
    const id = accountIdOf(principal);
    if (id === undefined || credential !== principal) return ANONYMOUS;
    const account = await this.accounts.findById(id);
    return account === undefined ? ANONYMOUS : accountPrincipal(account);
  }

  /** The name that the account signs in with; undefined when it is gone or blocked, or the principal is no account. */
  async username(principal: string): Promise<string | undefined> {
    const id = accountIdOf(principal);
    return id === undefined ? undefined : (await this.accounts.findById(id))?.username;
  }
}
