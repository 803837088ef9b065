import { Unauthorized } from '@lading/oci';
import type { Scope } from '@lading/proto';
import { DistributionSettings } from '../settings.js';
import type { V2Request } from '../v2/v2-request.js';
import { Authenticator } from './authenticator.js';
import { type Caller, grantOf } from './caller.js';
import { type ChallengeError, challenge } from './challenge.js';
import type { Need } from './need.js';
import { TellRequests } from './tell-requests.js';
import { toScope } from './to-scope.js';

/** A 401 with the challenge that tells the client what to ask for. */
export class Challenged extends Unauthorized {
  constructor(
    readonly header: string,
    message?: string,
  ) {
    super(message);
  }
}

/** Holds each request to what its caller may do. Nothing else on `/v2/` answers 401. */
export class Access {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly settings: DistributionSettings,
    private readonly telling: TellRequests,
  ) {}

  /**
   * The caller, with the grants that a route needs.
   *
   * @throws Challenged without credentials, or with bad ones.
   */
  async identify(
    request: V2Request,
    needs: readonly Need[],
    options: { allowExpired?: boolean } = {},
  ): Promise<Caller> {
    request.needs = needs;
    const outcome = await this.authenticator.authenticate(request, needs, options);
    if (outcome === 'anonymous') throw this.refuse(request);
    if (outcome === 'invalid') throw this.refuse(request, 'invalid_token');
    request.principal = outcome.principal;
    return outcome;
  }

  /** The caller of `_catalog`, whose challenge names a scope of its own (CAT-03); an anonymous token is no caller. */
  async identifyForCatalog(request: V2Request): Promise<Caller> {
    request.needs = ['catalog'];
    const outcome = await this.authenticator.authenticate(request, [], {});
    if (outcome === 'invalid') throw this.refuse(request, 'invalid_token');
    if (outcome === 'anonymous') throw this.refuse(request);
    if (outcome.principal === '') throw this.refuse(request, 'insufficient_scope');
    request.principal = outcome.principal;
    return outcome;
  }

  /**
   * The scope of one repository, if the caller's grant gives all the actions, or one of them with `any`.
   *
   * @throws Challenged with `insufficient_scope`: clients get a better token on a 401 and on nothing else (AUTH-07).
   */
  scopeOf(request: V2Request, caller: Caller, need: Need, options: { any?: boolean } = {}): Scope {
    const grant = grantOf(caller, need.name);
    const has = (action: string) => grant?.actions.includes(action) ?? false;
    const enough = options.any ? need.actions.some(has) : need.actions.every(has);
    // Reads make no change whose events could tell of them.
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (grant && enough) return toScope(caller, grant, isRead ? undefined : this.telling.contextOf(request));
    throw this.refuse(request, 'insufficient_scope');
  }

  /** The 401 for a request, with the scopes that it needs. */
  refuse(request: V2Request, error?: ChallengeError): Challenged {
    return new Challenged(challenge(this.settings, request, request.needs, error));
  }
}
