import { DeadLetters, type EventStrategy } from '@lading/events';
import { RpcFaultLog } from '@lading/rpc';
import { type DynamicModule, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
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
import { Scans } from './reconcile/scans.js';
import { BlobReferences } from './reference/blob-references.js';
import { Rounds } from './round.js';
import { type WorkParts, worksOf } from './works.js';

/** What `gc` is given. */
export interface GcParts extends WorkParts {
  clocks: Clocks;
  /** Pause between two rounds, milliseconds (`LADING_GC_INTERVAL`). */
  intervalMs: number;
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
