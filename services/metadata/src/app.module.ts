import type { DatabaseAddress } from '@lading/database';
import { RpcFaultLog } from '@lading/rpc';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { BlobController } from './blob/blob.controller.js';
import { CollectionController } from './collection/collection.controller.js';
import { closePools, openPools } from './database/open-pools.js';
import { RegistryPools } from './database/registry-pools.js';
import { ManifestController } from './manifest/manifest.controller.js';
import { ScopeController } from './scope/scope.controller.js';
import { MetadataSettings } from './settings.js';
import { UploadController } from './upload/upload.controller.js';

/** Composition root of `metadata`. */
@Module({})
export class MetadataModule implements OnApplicationShutdown {
  constructor(private readonly pools: RegistryPools) {}

  static forRoot(address: DatabaseAddress, settings: MetadataSettings, log: RpcFaultLog): DynamicModule {
    return {
      module: MetadataModule,
      controllers: [UploadController, BlobController, ManifestController, ScopeController, CollectionController],
      providers: [
        { provide: RegistryPools, useFactory: () => openPools(address) },
        { provide: MetadataSettings, useValue: settings },
        { provide: RpcFaultLog, useValue: log },
      ],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await closePools(this.pools);
  }
}
