import { Unavailable } from '@lading/oci';
import { type ReadSnapshotRequest, type ReadSnapshotResponse, SnapshotServiceService } from '@lading/proto';
import { GrpcService, type SnapshotPort, type StreamingController } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { readSnapshot } from './read-snapshot.js';

/** Snapshots read at once: each holds a connection, and a transaction that keeps dead rows on disk. */
const MOST_AT_ONCE = 2;

/** Seconds after which a caller that finds all in use asks again. */
const RETRY_AFTER_SECONDS = 10;

/** The port as other services see it; the same object serves gRPC and callers in this process. */
@GrpcService(SnapshotServiceService)
export class SnapshotController implements SnapshotPort, StreamingController {
  private running = 0;
  private readonly stop = new AbortController();
  readonly stopping: AbortSignal = this.stop.signal;

  constructor(private readonly pools: RegistryPools) {}

  /** @throws Unavailable while two others read one, or when it takes too long. */
  async *readSnapshot(_request: ReadSnapshotRequest): AsyncGenerator<ReadSnapshotResponse> {
    if (this.running >= MOST_AT_ONCE) {
      throw new Unavailable('other snapshots are being read', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    this.running++;
    try {
      yield* readSnapshot(this.pools);
    } finally {
      this.running--;
    }
  }

  /** Before the service is closed: Nest waits for calls to end, and calls its hooks after that. */
  endAll(): void {
    this.stop.abort();
  }
}
