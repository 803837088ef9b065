import type {
  AbortUploadRequest,
  AbortUploadResponse,
  BeginUploadRequest,
  BeginUploadResponse,
  ClaimUploadRequest,
  ClaimUploadResponse,
  FinishUploadRequest,
  FinishUploadResponse,
  GetUploadRequest,
  GetUploadResponse,
  RecordProgressRequest,
  RecordProgressResponse,
  Scope,
  Upload,
} from '@lading/proto';
import { UploadServiceService } from '@lading/proto';
import { GrpcService, type UploadPort } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import type { Home } from '../scope/ensure-repository.js';
import { placeOf } from '../scope/place.js';
import { inRepository } from '../scope/repository-maker.js';
import { MetadataSettings } from '../settings.js';
import { abortUpload } from './abort-upload.js';
import { finishUpload } from './finish-upload.js';
import { toUpload, type UploadRow } from './upload-row.js';
import { beginUpload, beginUploadAt, claimUpload, getUpload, recordProgress } from './uploads.js';

/** `UploadService`, over gRPC and within the process. */
@GrpcService(UploadServiceService)
export class UploadController implements UploadPort {
  constructor(
    private readonly pools: RegistryPools,
    private readonly settings: MetadataSettings,
  ) {}

  async beginUpload(request: BeginUploadRequest): Promise<BeginUploadResponse> {
    const scope = request.scope as Scope;
    const { uploadId, objectId, algorithm } = request;
    const { principal, credential } = scope;
    const { uploadTtlMs: ttlMs, openUploads: mostOpen } = this.settings;
    const session = { uploadId, objectId, algorithm, principal, credential, ttlMs, mostOpen };
    const place = placeOf(scope);
    const begun = place && (await beginUploadAt(this.pools, place, session));
    const begin = ({ repositoryId }: Home) => beginUpload(this.pools, repositoryId, session);
    const row = begun ?? (await inRepository(this.pools, scope, this.settings.nameLevels, begin));
    return { upload: this.shown(row) };
  }

  async getUpload(request: GetUploadRequest): Promise<GetUploadResponse> {
    return { upload: this.shown(await getUpload(this.pools, request.scope as Scope, request.uploadId)) };
  }

  async claimUpload(request: ClaimUploadRequest): Promise<ClaimUploadResponse> {
    const claim = { ...request, ttlMs: this.settings.uploadTtlMs };
    return { upload: this.shown(await claimUpload(this.pools, request.scope as Scope, claim)) };
  }

  async recordProgress(request: RecordProgressRequest): Promise<RecordProgressResponse> {
    return { held: await recordProgress(this.pools, { ...request, ttlMs: this.settings.uploadTtlMs }) };
  }

  async finishUpload(request: FinishUploadRequest): Promise<FinishUploadResponse> {
    return { objectId: await finishUpload(this.pools, request, this.settings.leaseMs) };
  }

  async abortUpload(request: AbortUploadRequest): Promise<AbortUploadResponse> {
    await abortUpload(this.pools, request);
    return {};
  }

  private shown(row: UploadRow): Upload {
    return toUpload(row, this.settings.uploadTtlMs);
  }
}
