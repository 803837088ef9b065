import { Unavailable } from '@lading/oci';
import {
  type GetLedgerRequest,
  type GetLedgerResponse,
  type GetStorageRequest,
  type GetStorageResponse,
  type ReadPlanRequest,
  type ReadPlanResponse,
  StorageServiceService,
} from '@lading/proto';
import { GrpcService, type StoragePort, type StreamingController } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { MetadataSettings } from '../settings.js';
import { countLedger } from './count-ledger.js';
import { getStorage } from './get-storage.js';
import { Ledger } from './ledger.js';
import { readPlan } from './read-plan.js';

/** Seconds after which a caller that finds a plan being read asks again. */
const RETRY_AFTER_SECONDS = 10;

/** `StorageService`, over gRPC and within the process. */
@GrpcService(StorageServiceService)
export class StorageController implements StoragePort, StreamingController {
  private isPlanning = false;
  private readonly ledger: Ledger;
  private readonly stop = new AbortController();
  readonly stopping: AbortSignal = this.stop.signal;

  constructor(
    private readonly pools: RegistryPools,
    private readonly settings: MetadataSettings,
  ) {
    this.ledger = new Ledger(() => countLedger(pools));
  }

  /** @throws Unavailable while another is read, or when it takes too long. */
  async *readPlan({ atMs }: ReadPlanRequest): AsyncGenerator<ReadPlanResponse> {
    if (this.isPlanning) throw new Unavailable('a plan is being read', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    this.isPlanning = true;
    try {
      yield* readPlan(this.pools, this.settings, atMs === undefined ? undefined : new Date(atMs));
    } finally {
      this.isPlanning = false;
    }
  }

  /** @throws Unavailable while it takes long to count. */
  async getLedger(_request: GetLedgerRequest): Promise<GetLedgerResponse> {
    return this.ledger.get();
  }

  async getStorage(request: GetStorageRequest): Promise<GetStorageResponse> {
    return { storage: await getStorage(this.pools, request) };
  }

  /** Before the service is closed: Nest waits for calls to end, and calls its hooks after that. */
  endAll(): void {
    this.stop.abort();
  }
}
