import { BoundedMap } from '@lading/platform';
import type { AuthPort } from '@lading/rpc';

/** Milliseconds for which a name is remembered. */
const KEPT_MS = 60_000;

/** Names of principals, as `auth` knows them. */
export class Usernames {
  private readonly known = new BoundedMap<string, { name: string; until: number }>({ maxEntries: 10_000 });

  constructor(private readonly auth: Pick<AuthPort, 'getUsername'>) {}

  /** @returns undefined for nobody: anonymous, and the collector. The principal itself where it has no name any more. */
  async of(principal: string): Promise<string | undefined> {
    if (!principal.includes(':')) return undefined;
    const known = this.known.get(principal);
    if (known && known.until > performance.now()) return known.name;
    const name = (await this.auth.getUsername({ principal })).username ?? principal;
    this.known.set(principal, { name, until: performance.now() + KEPT_MS });
    return name;
  }
}
