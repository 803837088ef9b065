import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BlobUnknown, OciError, Unauthorized } from '@lading/oci';
import type { IpNetworks, Logger } from '@lading/platform';
import { Access, Challenged } from '../access/access.js';
import { BlobController } from '../blob/blob.controller.js';
import { BodyAborted } from '../http/read-body.js';
import { parseV2Path } from '../http/v2-path.js';
import { ManifestController } from '../manifest/manifest.controller.js';
import { ReferrerController } from '../referrer/referrer.controller.js';
import { CatalogController } from '../repository/catalog.controller.js';
import { TagController } from '../tag/tag.controller.js';
import { UploadController } from '../upload/upload.controller.js';
import { UploadsController } from '../upload/uploads.controller.js';
import { ClientGone } from '../upload/write-upload.js';
import { MethodNotAllowed } from './method-not-allowed.js';
import { sendError } from './send-error.js';
import { toOciError } from './to-oci-error.js';
import { V2Request } from './v2-request.js';

/** The nouns of `/v2/`, each with a controller. */
export interface V2Controllers {
  blob: BlobController;
  uploads: UploadsController;
  upload: UploadController;
  manifest: ManifestController;
  tag: TagController;
  catalog: CatalogController;
  referrer: ReferrerController;
}

/** Answers everything below `/v2/`: route, controller, and one line in the log. */
export class V2Handler {
  private readonly prefix = randomBytes(6).toString('hex');
  private count = 0;

  constructor(
    private readonly access: Access,
    private readonly controllers: V2Controllers,
    private readonly logger: Logger,
    private readonly trustedProxies: IpNetworks,
  ) {}

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = req.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const id = `${this.prefix}-${(this.count++).toString(36)}`;
    const search = mark < 0 ? '' : url.slice(mark + 1);
    const request = new V2Request(id, req, res, parseV2Path(path), search, this.trustedProxies);
    this.logWhenClosed(request, path);
    try {
      await this.route(request);
    } catch (thrown) {
      if (thrown instanceof ClientGone || thrown instanceof BodyAborted) return void res.destroy();
      this.refuse(request, thrown);
    }
  }

  /** Nothing thrown here may leave: there is nobody above who would catch it, and the process would end. */
  private refuse(request: V2Request, thrown: unknown): void {
    try {
      const error = this.withChallenge(request, toOciError(thrown));
      this.report(request, error);
      sendError(request, error);
    } catch (err) {
      this.logger.error({ requestId: request.id, err }, 'an error could not be answered');
      request.res.destroy();
    }
  }

  private route(request: V2Request): Promise<void> {
    const { path } = request;
    if ('name' in path) return this.routeRepository(request, path.route);
    switch (path.route) {
      case 'base':
        return this.base(request);
      case 'catalog':
        return this.controllers.catalog.handle(request);
      default:
        throw new BlobUnknown('no such path on this registry');
    }
  }

  private routeRepository(request: V2Request, route: string): Promise<void> {
    const { blob, uploads, upload, manifest, tag, referrer } = this.controllers;
    switch (route) {
      case 'manifest':
        return manifest.handle(request);
      case 'blob':
        return blob.handle(request);
      case 'uploads':
        return uploads.handle(request);
      case 'upload':
        return upload.handle(request);
      case 'tags':
        return tag.handle(request);
      default:
        return referrer.handle(request);
    }
  }

  /** GET `/v2/`: 200 for any valid token or password, else the challenge without a scope (BASE-01 to BASE-05). */
  private async base(request: V2Request): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new MethodNotAllowed(['GET', 'HEAD']);
    await this.access.identify(request, []);
    request.sendJson(200, {});
  }

  /** A grant that no longer fits its path (T9) is refused in `metadata`; the client needs the challenge to ask anew. */
  private withChallenge(request: V2Request, error: unknown): unknown {
    if (!(error instanceof Unauthorized) || error instanceof Challenged) return error;
    return this.access.refuse(request, 'invalid_token');
  }

  private report(request: V2Request, error: unknown): void {
    if (error instanceof OciError && error.status < 500) return;
    this.logger.error({ requestId: request.id, err: error }, 'request failed');
  }

  private logWhenClosed(request: V2Request, path: string): void {
    if (!this.logger.isLevelEnabled('info')) return;
    const started = process.hrtime.bigint();
    const { address } = request.client;
    request.res.once('close', () => {
      const ms = Number(process.hrtime.bigint() - started) / 1e6;
      const { id: requestId, method, principal, res } = request;
      const aborted = res.writableFinished ? undefined : true;
      // Without a head no status was told: the 200 that Node presets would be taken for a success.
      const status = res.headersSent ? res.statusCode : undefined;
      this.logger.info({ requestId, method, path, status, ms, address, principal, aborted }, 'request');
    });
  }
}
