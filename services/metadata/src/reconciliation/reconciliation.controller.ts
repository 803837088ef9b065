import type {
  AdvanceEpochRequest,
  AdvanceEpochResponse,
  CountDamagedResponse,
  DescribeObjectsRequest,
  DescribeObjectsResponse,
  GetEpochResponse,
  ListStoredRequest,
  ListStoredResponse,
  MarkDamagedRequest,
  MarkDamagedResponse,
  MarkWholeRequest,
  MarkWholeResponse,
} from '@lading/proto';
import { Fault as FaultMessage, ReconciliationServiceService, Standing as StandingMessage } from '@lading/proto';
import { GrpcService, type ReconciliationPort } from '@lading/rpc';
import { RegistryPools } from '../database/registry-pools.js';
import { describeObjects, type Standing } from './describe-objects.js';
import { listStored } from './list-stored.js';
import { countDamaged, type Fault, markDamaged, markWhole } from './mark-damaged.js';
import { advanceEpoch, getEpoch } from './store-epoch.js';

/** Most objects of one call. */
const MOST_OBJECTS = 5_000;

const STANDINGS: Readonly<Record<Standing, StandingMessage>> = {
  expected: StandingMessage.STANDING_EXPECTED,
  gone: StandingMessage.STANDING_GONE,
  unknown: StandingMessage.STANDING_UNKNOWN,
  recent: StandingMessage.STANDING_UNKNOWN_RECENT,
};

const FAULTS = new Map<FaultMessage, Fault>([
  [FaultMessage.FAULT_MISSING, 'missing'],
  [FaultMessage.FAULT_LENGTH, 'length'],
  [FaultMessage.FAULT_CONTENT, 'content'],
]);

/** `ReconciliationService`, over gRPC and within the process. */
@GrpcService(ReconciliationServiceService)
export class ReconciliationController implements ReconciliationPort {
  constructor(private readonly pools: RegistryPools) {}

  async listStored({ after, limit }: ListStoredRequest): Promise<ListStoredResponse> {
    return { objects: await listStored(this.pools, after, Math.min(Math.max(1, limit), MOST_OBJECTS)) };
  }

  async describeObjects({ objectIds, olderThanMs }: DescribeObjectsRequest): Promise<DescribeObjectsResponse> {
    const standings = await describeObjects(this.pools, objectIds.slice(0, MOST_OBJECTS), olderThanMs);
    return { standings: standings.map((each) => STANDINGS[each]) };
  }

  async markDamaged({ objectId, fault }: MarkDamagedRequest): Promise<MarkDamagedResponse> {
    const known = FAULTS.get(fault);
    if (known === undefined) throw new TypeError(`no fault ${fault}`);
    return { marked: await markDamaged(this.pools, objectId, known) };
  }

  async markWhole({ objectId }: MarkWholeRequest): Promise<MarkWholeResponse> {
    return { marked: await markWhole(this.pools, objectId) };
  }

  async countDamaged(): Promise<CountDamagedResponse> {
    return { damaged: await countDamaged(this.pools) };
  }

  async getEpoch(): Promise<GetEpochResponse> {
    return { epoch: await getEpoch(this.pools) };
  }

  async advanceEpoch({ beyond }: AdvanceEpochRequest): Promise<AdvanceEpochResponse> {
    return { epoch: await advanceEpoch(this.pools, beyond) };
  }
}
