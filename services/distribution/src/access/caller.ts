import type { Grant } from '@lading/proto';

/** Who sent a request, and what its token or password gives. */
export interface Caller {
  principal: string;
  credential: string;
  grants: readonly Grant[];
  /** For Basic: what was not asked for is not in `grants`, so it can be asked for again. */
  scheme: 'bearer' | 'basic';
  /** Set for a token past its end, which is good for the upload it was valid for and nothing else (T19). */
  expired?: { issuedAtMs: number; expiresAtMs: number };
}

/** The grant of a repository, if the caller asked for it. */
export function grantOf(caller: Caller, name: string): Grant | undefined {
  return caller.grants.find((grant) => grant.type === 'repository' && grant.name === name);
}
