import type { BlobStore } from '@lading/blob-store';
import type { Logger } from '@lading/platform';
import type { CollectionPort } from '@lading/rpc';
import { type DynamicModule, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { PurgeObjects } from './object/purge-objects.js';
import { Rounds } from './round.js';
import { ExpireUploads, ForgetFinished } from './upload/expire-uploads.js';

/** What `gc` is given. */
export interface GcParts {
  collection: CollectionPort;
  store: BlobStore;
  logger: Logger;
  /** Pause between two rounds, milliseconds (`LADING_GC_INTERVAL`). */
  intervalMs: number;
}

/** Composition root of `gc`. */
@Module({})
export class GcModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly rounds: Rounds) {}

  static forRoot({ collection, store, logger, intervalMs }: GcParts): DynamicModule {
    const works = [
      new ExpireUploads(collection),
      new PurgeObjects(collection, store, logger),
      new ForgetFinished(collection),
    ];
    return { module: GcModule, providers: [{ provide: Rounds, useValue: new Rounds(works, intervalMs, logger) }] };
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }
}
