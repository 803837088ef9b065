import { AccessTokenVerifier } from '@lading/access-token';
import { BlobStore, BlockPool, HashThreadPool } from '@lading/blob-store';
import { IpNetworks, type Logger } from '@lading/platform';
import { AuthPort, BlobPort, ManifestPort, UploadPort } from '@lading/rpc';
import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Access } from './access/access.js';
import { Authenticator } from './access/authenticator.js';
import { BearerStrategy } from './access/bearer-strategy.js';
import { BlobController } from './blob/blob.controller.js';
import { ManifestController } from './manifest/manifest.controller.js';
import { PutManifest } from './manifest/put-manifest.js';
import { ReferrerController } from './referrer/referrer.controller.js';
import { CatalogController } from './repository/catalog.controller.js';
import { DistributionSettings } from './settings.js';
import { TagController } from './tag/tag.controller.js';
import { BeginUpload } from './upload/begin-upload.js';
import { Claims } from './upload/claims.js';
import { FinishUpload } from './upload/finish-upload.js';
import { MountBlob } from './upload/mount-blob.js';
import { SessionHashes } from './upload/session-hashes.js';
import { UploadController } from './upload/upload.controller.js';
import { UploadsController } from './upload/uploads.controller.js';
import { WriteUpload } from './upload/write-upload.js';
import { V2Handler } from './v2/v2-handler.js';

/** What `distribution` is given: the services it calls and the store it streams to. */
export interface DistributionParts {
  uploads: UploadPort;
  blobs: BlobPort;
  manifests: ManifestPort;
  auth: AuthPort;
  store: BlobStore;
  logger: Logger;
  settings: DistributionSettings;
}

/** Composition root of `distribution`. */
@Module({})
export class DistributionModule implements OnApplicationShutdown {
  constructor(private readonly hashThreads: HashThreadPool) {}

  static forRoot(parts: DistributionParts): DynamicModule {
    const hashThreads = new HashThreadPool(1);
    return {
      module: DistributionModule,
      providers: [
        { provide: HashThreadPool, useValue: hashThreads },
        { provide: V2Handler, useFactory: () => composeHandler(parts, hashThreads) },
      ],
      exports: [V2Handler],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.hashThreads.close();
  }
}

function composeHandler(parts: DistributionParts, hashThreads: HashThreadPool): V2Handler {
  const { uploads, blobs, manifests, auth, store, settings, logger } = parts;
  const verifier = new AccessTokenVerifier({ getKeys: () => auth.getKeys({}) });
  const access = new Access(new Authenticator(new BearerStrategy(verifier), auth), settings);
  const hashes = new SessionHashes(store, hashThreads);
  const writing = new WriteUpload(uploads, store, hashes, new BlockPool(512 * 1024, 32));
  const claims = new Claims();
  const finishing = new FinishUpload(uploads, store, hashes, claims);
  const mounting = new MountBlob(blobs, auth);
  const beginning = new BeginUpload(uploads, store, hashes);
  const controllers = {
    blob: new BlobController(access, blobs, store),
    uploads: new UploadsController(access, store, mounting, beginning, writing, finishing),
    upload: new UploadController(access, uploads, hashes, writing, finishing, claims),
    manifest: new ManifestController(access, manifests, new PutManifest(manifests, settings)),
    tag: new TagController(access, manifests),
    catalog: new CatalogController(access, manifests),
    referrer: new ReferrerController(access, manifests),
  };
  return new V2Handler(access, controllers, logger, new IpNetworks(settings.trustedProxies));
}
