import { AccessTokenVerifier } from '@lading/access-token';
import { BlobStore, BlockPool, type Hashers } from '@lading/blob-store';
import { IpNetworks, type Logger } from '@lading/platform';
import { AuthPort, BlobPort, ManifestPort, UploadPort } from '@lading/rpc';
import { Access } from './access/access.js';
import { Authenticator } from './access/authenticator.js';
import { BearerStrategy } from './access/bearer-strategy.js';
import { TellRequests } from './access/tell-requests.js';
import { BlobController } from './blob/blob.controller.js';
import { BlobRedirects } from './blob/blob-redirects.js';
import { ManifestController } from './manifest/manifest.controller.js';
import { PutManifest } from './manifest/put-manifest.js';
import { PullLog } from './pull/pull-log.js';
import { Pulls } from './pull/pulls.js';
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

/**
 * Everything that answers on `/v2/`, put together.
 *
 * @param hashers for the bytes of large uploads.
 */
export function composeHandler(
  parts: DistributionParts,
  hashers: Hashers,
  pullLog = new PullLog(parts.manifests, parts.logger),
): V2Handler {
  const { uploads, blobs, manifests, auth, store, settings, logger } = parts;
  const verifier = new AccessTokenVerifier({ getKeys: () => auth.getKeys({}) });
  const telling = new TellRequests(settings);
  const access = new Access(new Authenticator(new BearerStrategy(verifier), auth), settings, telling);
  const pulls = new Pulls(pullLog, telling, settings);
  const hashes = new SessionHashes(store, hashers);
  const writing = new WriteUpload(uploads, store, hashes, new BlockPool(512 * 1024, 32));
  const claims = new Claims();
  const finishing = new FinishUpload(uploads, store, hashes, claims);
  const mounting = new MountBlob(blobs, auth);
  const beginning = new BeginUpload(uploads, store, hashes);
  const redirects = new BlobRedirects(store, settings.redirect, settings.redirectTtlMs);
  const controllers = {
    blob: new BlobController(access, blobs, store, pulls, redirects),
    uploads: new UploadsController(access, store, mounting, beginning, writing, finishing),
    upload: new UploadController(access, uploads, hashes, writing, finishing, claims),
    manifest: new ManifestController(access, manifests, new PutManifest(manifests, settings), pulls),
    tag: new TagController(access, manifests),
    catalog: new CatalogController(access, manifests),
    referrer: new ReferrerController(access, manifests),
  };
  return new V2Handler(access, controllers, logger, new IpNetworks(settings.trustedProxies));
}
