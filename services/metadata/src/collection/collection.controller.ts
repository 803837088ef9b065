import type {
  ClaimObjectsRequest,
  ClaimObjectsResponse,
  CollectUntaggedRequest,
  CollectUntaggedResponse,
  CondemnObjectsRequest,
  CondemnObjectsResponse,
  CountLeavingRequest,
  CountLeavingResponse,
  DescribeObjectRequest,
  DescribeObjectResponse,
  DropProjectsRequest,
  DropProjectsResponse,
  DropRepositoriesRequest,
  DropRepositoriesResponse,
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
  ScanRequest,
  ScanResponse,
} from '@lading/proto';
import { CollectionServiceService, ScanKind as Kind } from '@lading/proto';
import { type CollectionPort, GrpcService } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { MetadataSettings } from '../settings.js';
import { claimObjects } from './claim-objects.js';
import { collectUntagged } from './collect-untagged.js';
import { condemnObjects } from './condemn-objects.js';
import { countLeaving, describeObject } from './describe-object.js';
import { dropProjects } from './drop-projects.js';
import { dropRepositories } from './drop-repositories.js';
import { expireUploads } from './expire-uploads.js';
import { expungeManifests } from './expunge-manifests.js';
import { forgetFinished } from './forget-finished.js';
import { toJudgements } from './judgement.mapper.js';
import { listPurgeable, markPurged, postponePurge } from './purge-objects.js';
import { removeLinks } from './remove-links.js';
import { type ScanKind, scan } from './scan.js';

/** Most rows one call may touch, so that no lock is held for long. */
const MOST_ROWS = 500;

/** Most rows that one page of a scan walks over; it locks none. */
const MOST_SCANNED = 5_000;

const SCAN_KINDS = new Map<Kind, ScanKind>([
  [Kind.SCAN_KIND_UNTAGGED, 'untagged'],
  [Kind.SCAN_KIND_EXPUNGE, 'expunge'],
  [Kind.SCAN_KIND_LINK, 'link'],
  [Kind.SCAN_KIND_OBJECT, 'object'],
  [Kind.SCAN_KIND_REPOSITORY, 'repository'],
  [Kind.SCAN_KIND_PROJECT, 'project'],
]);

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

  async dropRepositories({ repositoryIds }: DropRepositoriesRequest): Promise<DropRepositoriesResponse> {
    const ids = repositoryIds.slice(0, MOST_ROWS);
    return { judgements: toJudgements(ids, await dropRepositories(this.pools, ids, this.settings)) };
  }

  async dropProjects({ projectIds }: DropProjectsRequest): Promise<DropProjectsResponse> {
    const ids = projectIds.slice(0, MOST_ROWS);
    return { judgements: toJudgements(ids, await dropProjects(this.pools, ids, this.settings)) };
  }

  async condemnObjects({ objectIds }: CondemnObjectsRequest): Promise<CondemnObjectsResponse> {
    const ids = objectIds.slice(0, MOST_ROWS);
    return { judgements: toJudgements(ids, await condemnObjects(this.pools, ids, this.settings.holdMs)) };
  }

  async claimObjects({ limit }: ClaimObjectsRequest): Promise<ClaimObjectsResponse> {
    return { claimed: await claimObjects(this.pools, Math.min(limit, MOST_ROWS)) };
  }

  async scan({ kind, after, limit }: ScanRequest): Promise<ScanResponse> {
    const scanned = SCAN_KINDS.get(kind);
    if (scanned === undefined) throw new TypeError(`no scan of kind ${kind}`);
    return scan(this.pools, scanned, after, Math.min(Math.max(1, limit), MOST_SCANNED));
  }

  async expireUploads({ limit }: ExpireUploadsRequest): Promise<ExpireUploadsResponse> {
    return { expired: await expireUploads(this.pools, Math.min(limit, MOST_ROWS)) };
  }

  async listPurgeable({ limit }: ListPurgeableRequest): Promise<ListPurgeableResponse> {
    return { objectIds: await listPurgeable(this.pools, Math.min(limit, MOST_ROWS)) };
  }

  async markPurged({ objectIds }: MarkPurgedRequest): Promise<MarkPurgedResponse> {
    return markPurged(this.pools, objectIds.slice(0, MOST_ROWS));
  }

  async countLeaving(_request: CountLeavingRequest): Promise<CountLeavingResponse> {
    return countLeaving(this.pools);
  }

  async describeObject({ digest }: DescribeObjectRequest): Promise<DescribeObjectResponse> {
    return { object: await describeObject(this.pools, digest) };
  }

  async postponePurge({ objectId }: PostponePurgeRequest): Promise<PostponePurgeResponse> {
    await postponePurge(this.pools, objectId);
    return {};
  }

  async forgetFinished({ limit }: ForgetFinishedRequest): Promise<ForgetFinishedResponse> {
    return { forgotten: await forgetFinished(this.pools, Math.min(limit, MOST_ROWS)) };
  }
}
