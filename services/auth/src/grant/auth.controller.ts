import { MAX_SCOPES } from '@lading/access-token';
import { Denied } from '@lading/oci';
import {
  type AuthorizeAdministratorRequest,
  type AuthorizeAdministratorResponse,
  type AuthorizeBasicRequest,
  type AuthorizeBasicResponse,
  type AuthorizePullRequest,
  type AuthorizePullResponse,
  AuthServiceService,
  type GetKeysRequest,
  type GetKeysResponse,
  type GetUsernameRequest,
  type GetUsernameResponse,
} from '@lading/proto';
import { type AuthPort, GrpcService } from '@lading/rpc';
import { Authenticate } from '../account/authenticate.js';
import { FindPrincipal } from '../account/find-principal.js';
import { accountPrincipal } from '../account/principal.js';
import { ListKeys } from '../key/list-keys.js';
import { ListGrants } from './list-grants.js';

/** The port as other services see it; the same object serves gRPC and callers in this process. */
@GrpcService(AuthServiceService)
export class AuthController implements AuthPort {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly findPrincipal: FindPrincipal,
    private readonly listGrants: ListGrants,
    private readonly listKeys: ListKeys,
  ) {}

  async getKeys(_request: GetKeysRequest): Promise<GetKeysResponse> {
    return this.listKeys.execute();
  }

  /** @throws TooManyRequests; Denied for more than 100 scopes */
  async authorizeBasic(request: AuthorizeBasicRequest): Promise<AuthorizeBasicResponse> {
    bounded(request.scopes.length);
    const account = await this.authenticate.execute(request);
    if (account === undefined) return { authenticated: false, principal: '', credential: '', grants: [] };
    const principal = accountPrincipal(account);
    const grants = await this.listGrants.execute(principal, request.scopes);
    return { authenticated: true, principal: principal.id, credential: principal.credential, grants };
  }

  /** @throws Denied for more than 100 names */
  async authorizePull({ principal, credential, names }: AuthorizePullRequest): Promise<AuthorizePullResponse> {
    bounded(names.length);
    const found = await this.findPrincipal.execute(principal, credential);
    const asked = names.map((name) => ({ type: 'repository', name, actions: ['pull'] }));
    const grants = await this.listGrants.execute(found, asked);
    return { grants: grants.filter(({ actions }) => actions.includes('pull')) };
  }

  async authorizeAdministrator({
    principal,
    credential,
  }: AuthorizeAdministratorRequest): Promise<AuthorizeAdministratorResponse> {
    const { isAdmin } = await this.findPrincipal.execute(principal, credential);
    return { administrator: isAdmin };
  }

  async getUsername({ principal }: GetUsernameRequest): Promise<GetUsernameResponse> {
    return { username: await this.findPrincipal.username(principal) };
  }
}

function bounded(count: number): void {
  if (count > MAX_SCOPES) throw new Denied(`at most ${MAX_SCOPES} scopes in one request`);
}
