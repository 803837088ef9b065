import { HashThreadPool } from '@lading/blob-store';
import { type DynamicModule, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { composeHandler, type DistributionParts } from './compose-handler.js';
import { PullLog } from './pull/pull-log.js';
import { V2Handler } from './v2/v2-handler.js';

/** Composition root of `distribution`. */
@Module({})
export class DistributionModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly hashThreads: HashThreadPool,
    private readonly pullLog: PullLog,
  ) {}

  static forRoot(parts: DistributionParts): DynamicModule {
    const hashThreads = new HashThreadPool(1);
    const pullLog = new PullLog(parts.manifests, parts.logger);
    return {
      module: DistributionModule,
      providers: [
        { provide: HashThreadPool, useValue: hashThreads },
        { provide: PullLog, useValue: pullLog },
        { provide: V2Handler, useFactory: () => composeHandler(parts, hashThreads, pullLog) },
      ],
      exports: [V2Handler],
    };
  }

  onApplicationBootstrap(): void {
    this.pullLog.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pullLog.stop();
    await this.hashThreads.close();
  }
}
