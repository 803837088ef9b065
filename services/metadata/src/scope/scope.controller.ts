import type { ResolveScopesRequest, ResolveScopesResponse } from '@lading/proto';
import { ScopeServiceService } from '@lading/proto';
import { GrpcService, type ScopePort } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { resolveScopes } from './resolve-scopes.js';

/** `ScopeService`, over gRPC and within the process. */
@GrpcService(ScopeServiceService)
export class ScopeController implements ScopePort {
  constructor(private readonly pools: RegistryPools) {}

  async resolveScopes(request: ResolveScopesRequest): Promise<ResolveScopesResponse> {
    return { scopes: await resolveScopes(this.pools.read, request.names) };
  }
}
