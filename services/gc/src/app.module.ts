import type { BlobStore } from '@lading/blob-store';
import { DeadLetters, type EventStrategy } from '@lading/events';
import type { Logger } from '@lading/platform';
import { type CollectionPort, RpcFaultLog } from '@lading/rpc';
import { type DynamicModule, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Pool } from 'pg';
import { candidateWorks } from './candidate/candidate-works.js';
import { Candidates } from './candidate/candidates.js';
import { Clocks } from './candidate/clocks.js';
import { WaitingCandidates } from './candidate/waiting-candidates.js';
import { CollectorController } from './collector/collector.controller.js';
import { Collectors } from './collector/collectors.js';
import { DescribeBlob } from './collector/describe-blob.js';
import { EventLag } from './collector/event-lag.js';
import { Operations } from './collector/operations.js';
import { SendLetterAgain } from './collector/send-letter-again.js';
import { Tally } from './collector/tally.js';
import { Control } from './control/control.js';
import { RegistryEventsController } from './event/registry-events.controller.js';
import { ClaimObjects } from './object/claim-objects.js';
import { PurgeObjects } from './object/purge-objects.js';
import { ReconcileRegistry } from './reconcile/reconcile-registry.js';
import { Scans } from './reconcile/scans.js';
import { BlobReferences } from './reference/blob-references.js';
import { Rounds, type Work } from './round.js';
import { ExpireUploads, ForgetFinished } from './upload/expire-uploads.js';

/** What `gc` is given. */
export interface GcParts {
  collection: CollectionPort;
  store: BlobStore;
  /** On the database with schema `gc`. */
  pool: Pool;
  clocks: Clocks;
  logger: Logger;
  /** Pause between two rounds, milliseconds (`LADING_GC_INTERVAL`). */
  intervalMs: number;
  /** Between two walks through the registry, milliseconds (`LADING_RECONCILE_INTERVAL`). */
  reconcileMs: number;
}

/** Composition root of `gc`. */
@Module({})
export class GcModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly rounds: Rounds) {}

  /** @param strategy what handles events */
  static forRoot(parts: GcParts, strategy: Pick<EventStrategy, 'handle'>): DynamicModule {
    const operations = operationsOf(parts, strategy);
    return {
      module: GcModule,
      controllers: [RegistryEventsController, CollectorController],
      providers: [
        { provide: Clocks, useValue: parts.clocks },
        { provide: Rounds, useValue: operations.rounds },
        { provide: Operations, useValue: operations },
        { provide: RpcFaultLog, useValue: parts.logger },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }
}

function operationsOf(parts: GcParts, strategy: Pick<EventStrategy, 'handle'>): Operations {
  const { collection, pool, logger, intervalMs } = parts;
  const [tally, scans, collectors] = [new Tally(), new Scans(pool), new Collectors(pool)];
  const [control, waiting, letters] = [
    new Control(pool, logger),
    new WaitingCandidates(pool),
    new DeadLetters('gc', 'gc'),
  ];
  const works = worksOf(parts, scans, tally);
  return {
    pool,
    collection,
    control,
    rounds: new Rounds({ works, control, collectors, tally, intervalMs, logger }),
    scans,
    collectors,
    tally,
    waiting,
    describeBlob: new DescribeBlob(collection, new BlobReferences(pool), waiting),
    lag: new EventLag(pool),
    letters,
    sendLetterAgain: new SendLetterAgain(pool, letters, strategy),
  };
}

/** In the order in which one makes work for another. */
function worksOf({ collection, store, pool, logger, reconcileMs }: GcParts, scans: Scans, tally: Tally): Work[] {
  return [
    new ExpireUploads(collection, tally),
    ...candidateWorks(collection, new Candidates(pool), tally),
    new ClaimObjects(collection, tally),
    new PurgeObjects(collection, store, tally, logger),
    new ForgetFinished(collection),
    new ReconcileRegistry(collection, scans, tally, reconcileMs),
  ];
}
