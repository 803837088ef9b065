import type { ManifestPort } from '@lading/rpc';
import { Access } from '../access/access.js';
import { nextLink, pageAfter, pageSize } from '../http/page.js';
import { MethodNotAllowed } from '../v2/method-not-allowed.js';
import type { V2Request } from '../v2/v2-request.js';

/** CAT-02: 100 without `n`; more than 1,000 are clamped. */
const PAGE = { whenAbsent: 100, most: 1_000 };

/** `/v2/_catalog`: needs a valid token of any scope, and lists what the principal may pull. */
export class CatalogController {
  constructor(
    private readonly access: Access,
    private readonly manifests: ManifestPort,
  ) {}

  async handle(request: V2Request): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new MethodNotAllowed(['GET', 'HEAD']);
    const caller = await this.access.identifyForCatalog(request);
    const limit = pageSize(request.query, PAGE);
    const after = pageAfter(request.query);
    const { names, more } = await this.manifests.listRepositories({ principal: caller.principal, after, limit });
    const last = names.at(-1);
    const link = more && last !== undefined ? nextLink('/v2/_catalog', { n: String(limit), last }) : undefined;
    request.sendJson(200, { repositories: names }, link ? { Link: link } : {});
  }
}
