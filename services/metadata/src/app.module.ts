import type { DatabaseAddress } from '@lading/database';
import { PgEventPublisher } from '@lading/events';
import type { Logger } from '@lading/platform';
import { RpcFaultLog } from '@lading/rpc';
import { type DynamicModule, Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { BlobController } from './blob/blob.controller.js';
import { CollectionController } from './collection/collection.controller.js';
import { closePools, openPools } from './database/open-pools.js';
import { RegistryPools } from './database/registry-pools.js';
import { DeletionController } from './deletion/deletion.controller.js';
import { ManifestController } from './manifest/manifest.controller.js';
import { LogKeeper } from './outbox/log-keeper.js';
import { Relay } from './outbox/relay.js';
import { ReconciliationController } from './reconciliation/reconciliation.controller.js';
import { RuleController } from './rule/rule.controller.js';
import { ScopeController } from './scope/scope.controller.js';
import { MetadataSettings } from './settings.js';
import { SnapshotController } from './snapshot/snapshot.controller.js';
import { StorageController } from './storage/storage.controller.js';
import { UploadController } from './upload/upload.controller.js';

/** Composition root of `metadata`. */
@Module({})
export class MetadataModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    private readonly pools: RegistryPools,
    private readonly relay: Relay,
    private readonly keeper: LogKeeper,
  ) {}

  static forRoot(address: DatabaseAddress, settings: MetadataSettings, log: Logger): DynamicModule {
    const keeper = ({ write }: RegistryPools) => new LogKeeper(write, settings.eventRetentionMs, log);
    // A deletion from the outbox that a crash undoes is made up for: what is published again, the log knows.
    const relay = ({ soft, write }: RegistryPools) => new Relay(soft, new PgEventPublisher(write), log);
    return {
      module: MetadataModule,
      controllers: [
        UploadController,
        BlobController,
        ManifestController,
        ScopeController,
        DeletionController,
        CollectionController,
        SnapshotController,
        ReconciliationController,
        StorageController,
        RuleController,
      ],
      providers: [
        { provide: RegistryPools, useFactory: () => openPools(address) },
        { provide: MetadataSettings, useValue: settings },
        { provide: RpcFaultLog, useValue: log },
        { provide: Relay, useFactory: relay, inject: [RegistryPools] },
        { provide: LogKeeper, useFactory: keeper, inject: [RegistryPools] },
      ],
    };
  }

  onApplicationBootstrap(): void {
    this.relay.start();
    this.keeper.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.relay.stop(), this.keeper.stop()]);
    await closePools(this.pools);
  }
}
