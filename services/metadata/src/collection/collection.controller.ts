import type {
  ExpireUploadsRequest,
  ExpireUploadsResponse,
  ForgetFinishedRequest,
  ForgetFinishedResponse,
  ListPurgeableRequest,
  ListPurgeableResponse,
  MarkPurgedRequest,
  MarkPurgedResponse,
  PostponePurgeRequest,
  PostponePurgeResponse,
} from '@lading/proto';
import { CollectionServiceService } from '@lading/proto';
import { type CollectionPort, GrpcService } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { expireUploads } from './expire-uploads.js';
import { forgetFinished } from './forget-finished.js';
import { listPurgeable, markPurged, postponePurge } from './purge-objects.js';

/** Most rows one call may touch, so that no lock is held for long. */
const MOST_ROWS = 500;

/** `CollectionService`, over gRPC and within the process. */
@GrpcService(CollectionServiceService)
export class CollectionController implements CollectionPort {
  constructor(private readonly pools: RegistryPools) {}

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
