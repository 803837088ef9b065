import { randomUUID } from 'node:crypto';
import {
  type Digest,
  DigestInvalid,
  digestAlgorithm,
  digestOf,
  isSupportedDigest,
  ManifestBlobUnknown,
  type ManifestEdge,
  ManifestInvalid,
  PayloadTooLarge,
  parseManifest,
  parseTag,
  type Reference,
  type Tag,
  UriTooLong,
} from '@lading/oci';
import type { Scope } from '@lading/proto';
import type { ManifestPort } from '@lading/rpc';
import { readBody } from '../http/read-body.js';
import { DistributionSettings } from '../settings.js';
import type { V2Request } from '../v2/v2-request.js';

/** Tags that one PUT by digest may set (MAN-20 asks for 10 at least). */
const MOST_TAGS = 50;

export interface PutOutcome {
  digest: Digest;
  /** Bytes of the manifest. */
  size: number;
  subject: Digest | undefined;
  /** Tags set through `?tag=`. */
  tags: Tag[];
}

/** PUT of a manifest: the bytes are read, checked against their digest and parsed; what exists is for `metadata`. */
export class PutManifest {
  constructor(
    private readonly manifests: ManifestPort,
    private readonly settings: DistributionSettings,
  ) {}

  /** @throws PayloadTooLarge, DigestInvalid, ManifestInvalid, ManifestBlobUnknown, UriTooLong */
  async execute(request: V2Request, scope: Scope, reference: Reference): Promise<PutOutcome> {
    const extraTags = reference.kind === 'digest' ? tagParameters(request.query) : [];
    if (reference.kind === 'digest' && !isSupportedDigest(reference.digest)) {
      throw new DigestInvalid('the algorithm of the digest is not supported', { detail: reference.digest });
    }
    assertPlain(request.header('content-encoding'));
    const body = await this.read(request);
    const digest = reference.kind === 'digest' ? verify(body, reference.digest) : digestOf(body);
    const manifest = parseManifest(body, request.header('content-type'));
    await this.store(scope, {
      digest,
      body,
      mediaType: manifest.mediaType,
      edges: manifest.edges.map((edge) => this.withSparse(edge)),
      tags: reference.kind === 'tag' ? [reference.tag] : extraTags,
      subject: manifest.subject,
      artifactType: manifest.artifactType,
      annotations: {},
      annotationsJson: asJson(manifest.annotations),
    });
    return { digest, size: body.length, subject: manifest.subject, tags: extraTags };
  }

  private async read(request: V2Request): Promise<Buffer> {
    const body = await readBody(request.req, request.res, this.settings.manifestLimit);
    if (body) return body;
    throw new PayloadTooLarge(`a manifest has at most ${this.settings.manifestLimit} bytes`);
  }

  private async store(
    scope: Scope,
    manifest: Omit<Parameters<ManifestPort['putManifest']>[0], 'scope' | 'operationId'>,
  ) {
    try {
      await this.manifests.putManifest({ scope, operationId: randomUUID(), ...manifest });
    } catch (error) {
      throw this.naming(error);
    }
  }

  /** The 400 for missing content names the setting that would let it pass. */
  private naming(error: unknown): unknown {
    if (!(error instanceof ManifestBlobUnknown) || this.settings.sparse !== 'off') return error;
    return new ManifestBlobUnknown(`${error.message}; LADING_SPARSE=index or all accepts that`, {
      detail: error.detail,
    });
  }

  private withSparse(edge: ManifestEdge): ManifestEdge {
    const { sparse } = this.settings;
    const mayLack = sparse === 'all' || (sparse === 'index' && edge.kind === 'entry');
    return mayLack ? { ...edge, required: false } : edge;
  }
}

/** Undefined for none, so that a list of referrers leaves the field out (REF-06). */
function asJson(annotations: Record<string, string> = {}): string | undefined {
  return Object.keys(annotations).length > 0 ? JSON.stringify(annotations) : undefined;
}

/** Nothing that comes is ever decompressed: a digest is that of the bytes on the wire, and a small body may unfold to a huge one. */
function assertPlain(encoding = 'identity'): void {
  if (/^(identity)?$/i.test(encoding.trim())) return;
  throw new ManifestInvalid('a manifest is sent as it is: Content-Encoding is not supported');
}

function verify(body: Buffer, digest: Digest): Digest {
  const actual = digestOf(body, digestAlgorithm(digest) as 'sha256' | 'sha512');
  if (actual === digest) return digest;
  throw new DigestInvalid('the manifest does not have this digest', { detail: { expected: digest, actual } });
}

function tagParameters(query: URLSearchParams): Tag[] {
  const tags = query.getAll('tag');
  if (tags.length > MOST_TAGS) throw new UriTooLong(`one request sets at most ${MOST_TAGS} tags`);
  return [...new Set(tags.map(parseTag))];
}
