/** Who asks. `id` is what tokens and rows name; empty: anonymous. */
export interface Principal {
  /** Such as `account:1`. */
  readonly id: string;
  /** What the principal proved itself with: its account, or a token; empty: nothing. */
  readonly credential: string;
  readonly isAdmin: boolean;
}

export const ANONYMOUS: Principal = Object.freeze({ id: '', credential: '', isAdmin: false });

/** An account that signed in with its password: it is its own credential. */
export function accountPrincipal(account: { readonly id: string; readonly isAdmin: boolean }): Principal {
  const id = `account:${account.id}`;
  return { id, credential: id, isAdmin: account.isAdmin };
}

/** The account's id behind a principal's, or undefined when it is none. */
export function accountIdOf(principal: string): string | undefined {
  // At most 18 digits: more would not fit a bigint.
  return /^account:([1-9]\d{0,17})$/.exec(principal)?.[1];
}
