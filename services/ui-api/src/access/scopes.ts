import type { Scope } from '@lading/proto';
import type { ScopePort } from '@lading/rpc';
import type { Caller } from './caller.js';

/** Where a name is now, and who asks: what `metadata` wants to know of whoever changes a repository. */
export class Scopes {
  constructor(private readonly port: ScopePort) {}

  async of(name: string, { principal, credential }: Caller): Promise<Scope> {
    const { scopes } = await this.port.resolveScopes({ names: [name] });
    const [resolved] = scopes;
    if (!resolved) throw new Error(`no scope for ${name}`);
    const { groupLevel: _, ...place } = resolved;
    return { ...place, principal, credential, mayPush: true };
  }
}
