import type { BlobStore } from '@lading/blob-store';
import type { Logger } from '@lading/platform';
import type { CollectionPort } from '@lading/rpc';
import { type DynamicModule, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Pool } from 'pg';
import { candidateWorks } from './candidate/candidate-works.js';
import { Candidates } from './candidate/candidates.js';
import { Clocks } from './candidate/clocks.js';
import { Control } from './control/control.js';
import { RegistryEventsController } from './event/registry-events.controller.js';
import { ClaimObjects } from './object/claim-objects.js';
import { PurgeObjects } from './object/purge-objects.js';
import { ReconcileRegistry } from './reconcile/reconcile-registry.js';
import { Scans } from './reconcile/scans.js';
import { Rounds } from './round.js';
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

  static forRoot({ collection, store, pool, clocks, logger, intervalMs, reconcileMs }: GcParts): DynamicModule {
    const works = [
      new ExpireUploads(collection),
      ...candidateWorks(collection, new Candidates(pool)),
      new ClaimObjects(collection),
      new PurgeObjects(collection, store, logger),
      new ForgetFinished(collection),
      new ReconcileRegistry(collection, new Scans(pool), reconcileMs),
    ];
    return {
      module: GcModule,
      controllers: [RegistryEventsController],
      providers: [
        { provide: Clocks, useValue: clocks },
        { provide: Rounds, useValue: new Rounds(works, new Control(pool, logger), intervalMs, logger) },
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
