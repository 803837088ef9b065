import { randomUUID } from 'node:crypto';
import { type BlobStore, blobKey } from '@lading/blob-store';
import { BlobUnknown, type Digest, InternalError, parseDigest, RangeNotSatisfiable } from '@lading/oci';
import type { Blob } from '@lading/proto';
import type { BlobPort } from '@lading/rpc';
import { Access } from '../access/access.js';
import { admit } from '../access/repository-access.js';
import { matchesDigest } from '../http/if-none-match.js';
import { parseRange } from '../http/range.js';
import { Pulls } from '../pull/pulls.js';
import { MethodNotAllowed } from '../v2/method-not-allowed.js';
import type { V2Request } from '../v2/v2-request.js';
import { BlobBytes } from './blob-bytes.js';
import { BlobRedirects } from './blob-redirects.js';
import { sendBytes } from './send-bytes.js';

const METHODS = ['GET', 'HEAD', 'DELETE'];

/** `/v2/<name>/blobs/<digest>` */
export class BlobController {
  private readonly bytes: BlobBytes;

  constructor(
    private readonly access: Access,
    private readonly blobs: BlobPort,
    store: BlobStore,
    private readonly pulls: Pulls,
    private readonly redirects: BlobRedirects,
  ) {
    this.bytes = new BlobBytes(store);
  }

  async handle(request: V2Request): Promise<void> {
    switch (request.method) {
      case 'GET':
        return this.get(request);
      case 'HEAD':
        return this.head(request);
      case 'DELETE':
        return this.delete(request);
      default:
        throw new MethodNotAllowed(METHODS);
    }
  }

  /** Bytes that are known to be wrong are an error of ours; a client that asks by HEAD uploads them again. */
  private async get(request: V2Request): Promise<void> {
    const { scope } = await admit(this.access, request, 'pull');
    const digest = digestIn(request);
    const { blob } = await this.blobs.findBlob({ scope, digest });
    if (!blob) throw new BlobUnknown(undefined, { detail: digest });
    const headers = blobHeaders(digest);
    if (matchesDigest(request.header('if-none-match'), digest)) return request.send(304, headers);
    if (blob.damaged) throw new InternalError('the bytes of the blob are known to be damaged');
    const range = parseRange(this.rangeHeader(request, digest), blob.size);
    if (range.kind === 'unsatisfiable') throw new RangeNotSatisfiable(undefined, { data: { size: blob.size } });
    this.pulls.blob(request, scope, blob, digest);
    const key = blobKey(blob.objectId);
    const address = blob.size > 0 ? await this.redirects.addressFor(request, key) : undefined;
    if (address === undefined) return sendBytes(request, this.bytes, key, blob.size, range, headers);
    // The address ends before a cache would: it must not be kept.
    request.send(307, { Location: address, 'Docker-Content-Digest': digest, 'Cache-Control': 'no-store' });
  }

  /** The whole length, whatever `Range` says (HTTP-34). Its 200 is a promise to those who may push (T13). */
  private async head(request: V2Request): Promise<void> {
    const { scope } = await admit(this.access, request, 'pull');
    const digest = digestIn(request);
    const { blob } = await (scope.mayPush
      ? this.blobs.keepBlob({ scope, digest })
      : this.blobs.findBlob({ scope, digest }));
    if (!blob || blob.damaged) throw new BlobUnknown(undefined, { detail: digest });
    const headers = blobHeaders(digest);
    if (matchesDigest(request.header('if-none-match'), digest)) return request.send(304, headers);
    this.pulls.blob(request, scope, blob, digest);
    request.send(200, { ...headers, 'Content-Length': (blob as Blob).size });
  }

  private async delete(request: V2Request): Promise<void> {
    const { scope } = await admit(this.access, request, 'delete');
    await this.blobs.deleteBlob({ scope, digest: digestIn(request), operationId: randomUUID() });
    request.send(202);
  }

  /** `If-Range` with another validator than ours asks for the whole blob (BLOB-10). */
  private rangeHeader(request: V2Request, digest: Digest): string | undefined {
    const ifRange = request.header('if-range');
    if (ifRange !== undefined && ifRange !== `"${digest}"`) return undefined;
    return request.header('range');
  }
}

function digestIn(request: V2Request): Digest {
  return parseDigest(request.path.route === 'blob' ? request.path.digest : '');
}

function blobHeaders(digest: Digest): Record<string, string> {
  return {
    'Content-Type': 'application/octet-stream',
    'Docker-Content-Digest': digest,
    'Accept-Ranges': 'bytes',
    ETag: `"${digest}"`,
    'Cache-Control': 'private, max-age=31536000, immutable, no-transform',
  };
}
