import { MAX_SCOPES } from '@lading/access-token';
import type { Grant, ResolvedScope, ScopeRequest } from '@lading/proto';
import type { ScopePort } from '@lading/rpc';
import { ANONYMOUS, type Principal } from '../account/principal.js';
import { decideGrant, namesRepository } from './decide-grant.js';

/** Finds where the names lead and decides each scope. */
export class ListGrants {
  constructor(private readonly scopes: ScopePort) {}

  /**
   * One grant for each scope, in the order asked.
   *
   * @param asked at most 100
   * @throws Unavailable when `metadata` cannot be reached
   */
  async execute(principal: Principal, asked: readonly ScopeRequest[]): Promise<Grant[]> {
    if (asked.length > MAX_SCOPES) throw new RangeError(`at most ${MAX_SCOPES} scopes`);
    const places = principal.id === ANONYMOUS.id ? new Map() : await this.placesOf(asked);
    return asked.map((scope) => decideGrant(principal, scope, places.get(scope.name)));
  }

  private async placesOf(asked: readonly ScopeRequest[]): Promise<Map<string, ResolvedScope>> {
    const names = [...new Set(asked.filter(namesRepository).map(({ name }) => name))];
    if (names.length === 0) return new Map();
    const { scopes } = await this.scopes.resolveScopes({ names });
    return new Map(scopes.map((scope) => [scope.name, scope]));
  }
}
