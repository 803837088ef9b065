import { type Digest, mediaTypes, parseDigest } from '@lading/oci';
import type { ListReferrersResponse, Referrer } from '@lading/proto';
import type { ManifestPort } from '@lading/rpc';
import { Access } from '../access/access.js';
import { admit } from '../access/repository-access.js';
import { nextLink, pageAfterId } from '../http/page.js';
import { MethodNotAllowed } from '../v2/method-not-allowed.js';
import type { V2Request } from '../v2/v2-request.js';

/** `/v2/<name>/referrers/<digest>`: 200 for every well-formed digest, known or not (REF-01). */
export class ReferrerController {
  constructor(
    private readonly access: Access,
    private readonly manifests: ManifestPort,
  ) {}

  async handle(request: V2Request): Promise<void> {
    if (request.method !== 'GET' && request.method !== 'HEAD') throw new MethodNotAllowed(['GET', 'HEAD']);
    const { name, scope } = await admit(this.access, request, 'pull');
    const subject = parseDigest(request.path.route === 'referrers' ? request.path.digest : '');
    const artifactTypes = request.query.getAll('artifactType').filter(Boolean).map(withPlus);
    const afterId = pageAfterId(request.query);
    const asked = { scope, subject, artifactTypes, afterId, annotationsAsJson: true };
    const page = await this.manifests.listReferrers(asked);
    const link = linkOf(`/v2/${name}/referrers/${subject as Digest}`, page, artifactTypes);
    request.send(200, headers(link, artifactTypes.length > 0), indexOf(page.referrers));
  }
}

/** What clients read of a list (REF-22). */
const MOST_BYTES = 4 * 1024 * 1024;

/** `+` in a query is a space by the rules of forms; media types have no spaces (HTTP-32). */
function withPlus(type: string): string {
  return type.replaceAll(' ', '+');
}

function headers(link: string | undefined, filtered: boolean): Record<string, string> {
  return {
    'Content-Type': mediaTypes.ociIndex,
    ...(link && { Link: link }),
    ...(filtered && { 'OCI-Filters-Applied': 'artifactType' }),
  };
}

function linkOf(path: string, page: ListReferrersResponse, artifactTypes: readonly string[]): string | undefined {
  const last = page.referrers.at(-1)?.manifest;
  if (!page.more || !last) return undefined;
  return nextLink(path, { artifactType: artifactTypes, after: String(last.manifestId) });
}

/**
 * REF-04 to REF-06: descriptors with the type and the annotations of the manifest itself. A referrer that alone is too
 * much for a page, because its annotations are, is listed without them: no client would read past it (REF-22).
 */
function indexOf(referrers: readonly Referrer[]): Buffer {
  const whole = written(referrers.map(described));
  return whole.length > MOST_BYTES ? written(referrers.map((referrer) => JSON.stringify(named(referrer)))) : whole;
}

function written(descriptors: readonly string[]): Buffer {
  const opening = `{"schemaVersion":2,"mediaType":"${mediaTypes.ociIndex}","manifests":[`;
  return Buffer.from(`${opening}${descriptors.join(',')}]}`);
}

function named({ manifest }: Referrer) {
  return { mediaType: manifest?.mediaType, digest: manifest?.digest, size: manifest?.size };
}

/** Annotations are JSON already and may be megabytes, so they are joined on as they are. */
function described(referrer: Referrer): string {
  const { artifactType, annotationsJson } = referrer;
  const descriptor = JSON.stringify({ ...named(referrer), artifactType });
  return annotationsJson === undefined ? descriptor : `${descriptor.slice(0, -1)},"annotations":${annotationsJson}}`;
}
