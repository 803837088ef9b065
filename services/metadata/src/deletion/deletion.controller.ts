import type {
  DeleteProjectRequest,
  DeleteProjectResponse,
  DeleteRepositoryRequest,
  DeleteRepositoryResponse,
  ListDeletedRequest,
  ListDeletedResponse,
  PurgeDeletedRequest,
  PurgeDeletedResponse,
  RestoreProjectRequest,
  RestoreProjectResponse,
  RestoreRepositoryRequest,
  RestoreRepositoryResponse,
  RestoreTagRequest,
  RestoreTagResponse,
} from '@lading/proto';
import { DeletionServiceService } from '@lading/proto';
import { type DeletionPort, GrpcService } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { MetadataSettings } from '../settings.js';
import { deleteProject } from './delete-project.js';
import { deleteRepository } from './delete-repository.js';
import { listDeleted } from './list-deleted.js';
import { purgeDeleted } from './purge-deleted.js';
import { restoreProject } from './restore-project.js';
import { restoreRepository } from './restore-repository.js';
import { restoreTag } from './restore-tag.js';

/** `DeletionService`, over gRPC and within the process. */
@GrpcService(DeletionServiceService)
export class DeletionController implements DeletionPort {
  constructor(
    private readonly pools: RegistryPools,
    private readonly settings: MetadataSettings,
  ) {}

  async deleteRepository(request: DeleteRepositoryRequest): Promise<DeleteRepositoryResponse> {
    return { repositoryId: await deleteRepository(this.pools, request) };
  }

  deleteProject(request: DeleteProjectRequest): Promise<DeleteProjectResponse> {
    return deleteProject(this.pools, request);
  }

  listDeleted(request: ListDeletedRequest): Promise<ListDeletedResponse> {
    return listDeleted(this.pools, request, this.settings.restoreWindowMs);
  }

  async restoreTag(request: RestoreTagRequest): Promise<RestoreTagResponse> {
    return { digest: await restoreTag(this.pools, request, this.settings.restoreWindowMs) };
  }

  restoreRepository(request: RestoreRepositoryRequest): Promise<RestoreRepositoryResponse> {
    return restoreRepository(this.pools, request, this.settings);
  }

  restoreProject(request: RestoreProjectRequest): Promise<RestoreProjectResponse> {
    return restoreProject(this.pools, request, this.settings.restoreWindowMs);
  }

  async purgeDeleted(request: PurgeDeletedRequest): Promise<PurgeDeletedResponse> {
    return { manifests: await purgeDeleted(this.pools, request, this.settings) };
  }
}
