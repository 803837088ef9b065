import type {
  GetProjectRulesRequest,
  GetProjectRulesResponse,
  PutProjectRulesRequest,
  PutProjectRulesResponse,
} from '@lading/proto';
import { RuleServiceService } from '@lading/proto';
import { GrpcService, type RulePort } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { getProjectRules } from './get-project-rules.js';
import { putProjectRules } from './put-project-rules.js';

/** `RuleService`, over gRPC and within the process. */
@GrpcService(RuleServiceService)
export class RuleController implements RulePort {
  constructor(private readonly pools: RegistryPools) {}

  async getProjectRules(request: GetProjectRulesRequest): Promise<GetProjectRulesResponse> {
    return { rules: await getProjectRules(this.pools.read, request) };
  }

  async putProjectRules(request: PutProjectRulesRequest): Promise<PutProjectRulesResponse> {
    return { rules: await putProjectRules(this.pools, request) };
  }
}
