import type { IncomingMessage } from 'node:http';
import { MAX_TOKEN_LENGTH } from '@lading/access-token';
import { BoundedMap } from '@lading/platform';
import type { AuthPort } from '@lading/rpc';
import type { V2Request } from '../v2/v2-request.js';
import type { BearerStrategy } from './bearer-strategy.js';
import type { Caller } from './caller.js';
import type { Need } from './need.js';

/** Of a request: its headers, and where it came from. */
type Asking = Pick<V2Request, 'req' | 'client'>;

/** Tokens whose signature was checked, by their text: at most 40 MB of text, and only of callers with an account. */
const MOST_TOKENS = 10_000;
const LONGEST_KEPT = 4 * 1024;

/** Longest `Authorization` header that is looked at. */
const LONGEST_HEADER = MAX_TOKEN_LENGTH + 64;

export type Outcome = Caller | 'anonymous' | 'invalid';

/**
 * Who sent a request. A bearer token is checked once and then found in a bounded map by its text until it ends; a Basic
 * pair is put to `auth` each time, with the scopes this request needs, so that it gives what a fresh token would.
 */
export class Authenticator {
  private readonly tokens = new BoundedMap<string, { caller: Caller; expiresAtMs: number }>({
    maxEntries: MOST_TOKENS,
  });

  constructor(
    private readonly bearers: BearerStrategy,
    private readonly auth: AuthPort,
  ) {}

  async authenticate(request: Asking, needs: readonly Need[], options: { allowExpired?: boolean }): Promise<Outcome> {
    const header = request.req.headers.authorization;
    if (header === undefined) return 'anonymous';
    if (header.length > LONGEST_HEADER) return 'invalid';
    const known = this.tokens.get(header);
    if (known && known.expiresAtMs > Date.now()) return known.caller;
    const separator = header.indexOf(' ');
    const scheme = header.slice(0, separator).toLowerCase();
    const value = header.slice(separator + 1).trim();
    if (scheme === 'bearer') return this.bearer(header, request.req, options.allowExpired);
    if (scheme === 'basic') return this.basic(request, value, needs);
    return 'invalid';
  }

  private async bearer(header: string, req: IncomingMessage, allowExpired = false): Promise<Outcome> {
    const token = await this.bearers.verify(req, allowExpired);
    if (!token) return 'invalid';
    const { principal, credential, grants, issuedAt, expiresAt } = token;
    const caller: Caller = { principal, credential, grants, scheme: 'bearer' };
    const expiresAtMs = expiresAt.getTime();
    if (expiresAtMs <= Date.now() && allowExpired)
      return { ...caller, expired: { issuedAtMs: issuedAt.getTime(), expiresAtMs } };
    if (principal !== '' && header.length <= LONGEST_KEPT) this.tokens.set(header, { caller, expiresAtMs });
    return caller;
  }

  private async basic({ client }: Asking, value: string, needs: readonly Need[]): Promise<Outcome> {
    const pair = Buffer.from(value, 'base64').toString('utf8');
    const colon = pair.indexOf(':');
    if (colon < 0) return 'invalid';
    const username = pair.slice(0, colon);
    const password = pair.slice(colon + 1);
    if (username === '' && password === '') return 'anonymous';
    const scopes = needs.map(({ name, actions }) => ({ type: 'repository', name, actions: [...actions] }));
    const answer = await this.auth.authorizeBasic({ username, password, scopes, address: client.address });
    if (!answer.authenticated) return 'invalid';
    return { principal: answer.principal, credential: answer.credential, grants: answer.grants, scheme: 'basic' };
  }
}
