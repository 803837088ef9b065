import type {
  DeleteManifestRequest,
  DeleteManifestResponse,
  DeleteTagRequest,
  DeleteTagResponse,
  FindManifestRequest,
  FindManifestResponse,
  GetManifestBodyRequest,
  GetManifestBodyResponse,
  ListReferrersRequest,
  ListReferrersResponse,
  ListRepositoriesRequest,
  ListRepositoriesResponse,
  ListTagsRequest,
  ListTagsResponse,
  PutManifestRequest,
  PutManifestResponse,
  RecordPullsRequest,
  RecordPullsResponse,
  RestoreManifestRequest,
  RestoreManifestResponse,
  Scope,
} from '@lading/proto';
import { ManifestServiceService } from '@lading/proto';
import { GrpcService, type ManifestPort } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { recordPulls } from '../pull/record-pulls.js';
import { listRepositories } from '../repository/list-repositories.js';
import { restoreManifest } from '../restore/restore-manifest.js';
import { inRepository } from '../scope/repository-maker.js';
import { MetadataSettings } from '../settings.js';
import { deleteTag } from '../tag/delete-tag.js';
import { listTags } from '../tag/list-tags.js';
import { deleteManifest } from './delete-manifest.js';
import { FindManifest } from './find-manifest.js';
import { getManifestBody } from './get-manifest-body.js';
import { ListReferrers } from './list-referrers.js';
import { putManifest } from './put-manifest.js';
import { storable, withStorableText } from './storable-text.js';

/** `ManifestService`, over gRPC and within the process. */
@GrpcService(ManifestServiceService)
export class ManifestController implements ManifestPort {
  private readonly finding: FindManifest;
  private readonly referring: ListReferrers;

  constructor(
    private readonly pools: RegistryPools,
    private readonly settings: MetadataSettings,
  ) {
    this.finding = new FindManifest(pools);
    this.referring = new ListReferrers(pools);
  }

  async findManifest(request: FindManifestRequest): Promise<FindManifestResponse> {
    return { manifest: await this.finding.execute(request.scope as Scope, request) };
  }

  async getManifestBody(request: GetManifestBodyRequest): Promise<GetManifestBodyResponse> {
    return { body: await getManifestBody(this.pools, request.manifestId) };
  }

  async putManifest(request: PutManifestRequest): Promise<PutManifestResponse> {
    const manifestId = await inRepository(this.pools, request.scope as Scope, this.settings.nameLevels, (home) =>
      putManifest(this.pools, home, withStorableText(request)),
    );
    return { manifestId };
  }

  async deleteManifest(request: DeleteManifestRequest): Promise<DeleteManifestResponse> {
    await deleteManifest(this.pools, request);
    return {};
  }

  async restoreManifest(request: RestoreManifestRequest): Promise<RestoreManifestResponse> {
    return { tags: await restoreManifest(this.pools, request, this.settings.restoreWindowMs) };
  }

  async deleteTag(request: DeleteTagRequest): Promise<DeleteTagResponse> {
    await deleteTag(this.pools, request);
    return {};
  }

  listTags(request: ListTagsRequest): Promise<ListTagsResponse> {
    return listTags(this.pools, request);
  }

  listReferrers(request: ListReferrersRequest): Promise<ListReferrersResponse> {
    return this.referring.execute({ ...request, artifactTypes: request.artifactTypes.map(storable) });
  }

  listRepositories(request: ListRepositoriesRequest): Promise<ListRepositoriesResponse> {
    return listRepositories(this.pools, request);
  }

  async recordPulls(request: RecordPullsRequest): Promise<RecordPullsResponse> {
    await recordPulls(this.pools, request);
    return {};
  }
}
