import type { ManifestPort } from '@lading/rpc';
import { Access } from '../access/access.js';
import { admit } from '../access/repository-access.js';
import { nextLink, pageAfter, pageSize } from '../http/page.js';
import { MethodNotAllowed } from '../v2/method-not-allowed.js';
import type { V2Request } from '../v2/v2-request.js';

/** A page without `n`: many clients and the official suite do not follow `Link` then (TAG-07). */
const PAGE = { whenAbsent: 10_000, most: 10_000 };

/** `/v2/<name>/tags/list` */
export class TagController {
  constructor(
    private readonly access: Access,
    private readonly manifests: ManifestPort,
  ) {}

  async handle(request: V2Request): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new MethodNotAllowed(['GET', 'HEAD']);
    const { name, scope } = await admit(this.access, request, 'pull');
    const limit = pageSize(request.query, PAGE);
    const after = pageAfter(request.query);
    const { tags, more } = await this.manifests.listTags({ scope, after, limit });
    const last = tags.at(-1);
    const link = more && last !== undefined ? nextLink(`/v2/${name}/tags/list`, { n: String(limit), last }) : undefined;
    request.sendJson(200, { name, tags }, link ? { Link: link } : {});
  }
}
