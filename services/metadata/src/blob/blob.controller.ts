import type {
  Blob,
  DeleteBlobRequest,
  DeleteBlobResponse,
  FindBlobRequest,
  FindBlobResponse,
  KeepBlobRequest,
  KeepBlobResponse,
  ListMountSourcesRequest,
  ListMountSourcesResponse,
  MountBlobRequest,
  MountBlobResponse,
  Scope,
} from '@lading/proto';
import { BlobServiceService } from '@lading/proto';
import { type BlobPort, GrpcService } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { inRepository } from '../scope/repository-maker.js';
import { MetadataSettings } from '../settings.js';
import { deleteBlob } from './delete-blob.js';
import { FindBlob } from './find-blob.js';
import { KeepBlob } from './keep-blob.js';
import { listMountSources } from './list-mount-sources.js';
import { mountBlob } from './mount-blob.js';

/** `BlobService`, over gRPC and within the process. */
@GrpcService(BlobServiceService)
export class BlobController implements BlobPort {
  private readonly finding: FindBlob;
  private readonly keeping: KeepBlob;

  constructor(
    private readonly pools: RegistryPools,
    private readonly settings: MetadataSettings,
  ) {
    this.finding = new FindBlob(pools);
    this.keeping = new KeepBlob(pools, this.finding, settings.leaseMs);
  }

  async findBlob(request: FindBlobRequest): Promise<FindBlobResponse> {
    return { blob: shown(await this.finding.execute(request.scope as Scope, request.digest)) };
  }

  async keepBlob(request: KeepBlobRequest): Promise<KeepBlobResponse> {
    return { blob: shown(await this.keeping.execute(request.scope as Scope, request.digest)) };
  }

  async mountBlob(request: MountBlobRequest): Promise<MountBlobResponse> {
    const mounted = await inRepository(
      this.pools,
      request.scope as Scope,
      this.settings.nameLevels,
      ({ repositoryId }) => mountBlob(this.pools, repositoryId, request, this.settings.leaseMs),
    );
    return { mounted };
  }

  async listMountSources(request: ListMountSourcesRequest): Promise<ListMountSourcesResponse> {
    return { names: await listMountSources(this.pools, request.scope as Scope, request.digest) };
  }

  async deleteBlob(request: DeleteBlobRequest): Promise<DeleteBlobResponse> {
    await deleteBlob(this.pools, request);
    return {};
  }
}

function shown(blob: Blob | undefined): Blob | undefined {
  if (!blob) return undefined;
  const { objectId, size, repositoryId, damaged } = blob;
  return { objectId, size, repositoryId, ...(damaged ? { damaged: true } : {}) };
}
