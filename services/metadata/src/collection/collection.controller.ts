import type {
  ClaimObjectsRequest,
  ClaimObjectsResponse,
  CollectUntaggedRequest,
  CollectUntaggedResponse,
  CondemnObjectsRequest,
  CondemnObjectsResponse,
  ExpireUploadsRequest,
  ExpireUploadsResponse,
  ExpungeManifestsRequest,
  ExpungeManifestsResponse,
  ForgetFinishedRequest,
  ForgetFinishedResponse,
  ListPurgeableRequest,
  ListPurgeableResponse,
  MarkPurgedRequest,
  MarkPurgedResponse,
  PostponePurgeRequest,
  PostponePurgeResponse,
  RemoveLinksRequest,
  RemoveLinksResponse,
} from '@lading/proto';
import { CollectionServiceService } from '@lading/proto';
import { type CollectionPort, GrpcService } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { MetadataSettings } from '../settings.js';
import { claimObjects } from './claim-objects.js';
import { collectUntagged } from './collect-untagged.js';
import { condemnObjects } from './condemn-objects.js';
import { expireUploads } from './expire-uploads.js';
import { expungeManifests } from './expunge-manifests.js';
import { forgetFinished } from './forget-finished.js';
import { toJudgements } from './judgement.mapper.js';
import { listPurgeable, markPurged, postponePurge } from './purge-objects.js';
import { removeLinks } from './remove-links.js';

/** Most rows one call may touch, so that no lock is held for long. */
const MOST_ROWS = 500;

/** `CollectionService`, over gRPC and within the process. */
@GrpcService(CollectionServiceService)
export class CollectionController implements CollectionPort {
  constructor(
    private readonly pools: RegistryPools,
    private readonly settings: MetadataSettings,
  ) {}

  async collectUntagged({ manifestIds }: CollectUntaggedRequest): Promise<CollectUntaggedResponse> {
    const ids = manifestIds.slice(0, MOST_ROWS);
    return { judgements: toJudgements(ids, await collectUntagged(this.pools, ids, this.settings.untaggedDelayMs)) };
  }

  async expungeManifests({ manifestIds }: ExpungeManifestsRequest): Promise<ExpungeManifestsResponse> {
    const ids = manifestIds.slice(0, MOST_ROWS);
    return { judgements: toJudgements(ids, await expungeManifests(this.pools, ids, this.settings)) };
  }

  async removeLinks({ links: asked }: RemoveLinksRequest): Promise<RemoveLinksResponse> {
    const links = asked.slice(0, MOST_ROWS);
    return { judgements: toJudgements(links, await removeLinks(this.pools, links)) };
  }

  async condemnObjects({ objectIds }: CondemnObjectsRequest): Promise<CondemnObjectsResponse> {
    const ids = objectIds.slice(0, MOST_ROWS);
    return { judgements: toJudgements(ids, await condemnObjects(this.pools, ids, this.settings.holdMs)) };
  }

  async claimObjects({ limit }: ClaimObjectsRequest): Promise<ClaimObjectsResponse> {
    return { claimed: await claimObjects(this.pools, Math.min(limit, MOST_ROWS)) };
  }

  async expireUploads({ limit }: ExpireUploadsRequest): Promise<ExpireUploadsResponse> {
    return { expired: await expireUploads(this.pools, Math.min(limit, MOST_ROWS)) };
  }

  async listPurgeable({ limit }: ListPurgeableRequest): Promise<ListPurgeableResponse> {
    return { objectIds: await listPurgeable(this.pools, Math.min(limit, MOST_ROWS)) };
  }

  async markPurged({ objectIds }: MarkPurgedRequest): Promise<MarkPurgedResponse> {
    return { purged: await markPurged(this.pools, objectIds.slice(0, MOST_ROWS)) };
  }

  async postponePurge({ objectId }: PostponePurgeRequest): Promise<PostponePurgeResponse> {
    await postponePurge(this.pools, objectId);
    return {};
  }

  async forgetFinished({ limit }: ForgetFinishedRequest): Promise<ForgetFinishedResponse> {
    return { forgotten: await forgetFinished(this.pools, Math.min(limit, MOST_ROWS)) };
  }
}
