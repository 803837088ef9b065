import { randomUUID } from 'node:crypto';
import type { HashAlgorithm } from '@lading/blob-store';
import { BlobUploadInvalid, BlobUploadUnknown, type Digest, digestAlgorithm } from '@lading/oci';
import type { Scope, Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { Access } from '../access/access.js';
import { type ContentRange, parseContentRange } from '../http/content-range.js';
import { MethodNotAllowed } from '../v2/method-not-allowed.js';
import type { V2Request } from '../v2/v2-request.js';
import { admitUpload } from './admit-upload.js';
import { answerBlob, answerUpload } from './answers.js';
import { Claims } from './claims.js';
import { FinishUpload } from './finish-upload.js';
import { SessionHashes } from './session-hashes.js';
import { supportedDigest } from './supported-digest.js';
import { assertLength, type ClaimedUpload, WriteUpload } from './write-upload.js';

/** Characters of what a client sent that are repeated to it. */
const SHOWN = 255;

const METHODS = ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'];

/** `/v2/<name>/blobs/uploads/<id>`, an upload session. */
export class UploadController {
  constructor(
    private readonly access: Access,
    private readonly uploads: UploadPort,
    private readonly hashes: SessionHashes,
    private readonly writing: WriteUpload,
    private readonly finishing: FinishUpload,
    private readonly claims: Claims,
  ) {}

  async handle(request: V2Request): Promise<void> {
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return this.status(request);
      case 'PATCH':
        return this.patch(request);
      case 'PUT':
        return this.put(request);
      case 'DELETE':
        return this.cancel(request);
      default:
        throw new MethodNotAllowed(METHODS);
    }
  }

  private async status(request: V2Request): Promise<void> {
    const { name, scope, id } = await admitUpload(this.access, this.uploads, request, ['pull', 'push']);
    const { upload } = await this.uploads.getUpload({ scope, uploadId: id });
    if (!upload || upload.digest !== undefined) throw new BlobUploadUnknown();
    answerUpload(request, 204, name, id, upload.offset);
  }

  private async patch(request: V2Request): Promise<void> {
    const { name, scope, id } = await admitUpload(this.access, this.uploads, request, ['push']);
    const range = rangeOf(request);
    const { upload, writer } = await this.claim(request, scope, id, range);
    if (!writer) throw new BlobUploadUnknown();
    const algorithm = upload.algorithm as HashAlgorithm;
    const { progress, hash } = await this.writing.execute(
      request,
      { upload, writer },
      { algorithm, range, record: true },
    );
    this.hashes.keep(id, progress.offset, hash);
    answerUpload(request, 202, name, id, progress.offset);
  }

  private async put(request: V2Request): Promise<void> {
    const { name, scope, id } = await admitUpload(this.access, this.uploads, request, ['push']);
    const digest = supportedDigest(request.query.get('digest'));
    const range = hasBody(request) ? rangeOf(request) : undefined;
    const claimed = await this.claim(request, scope, id, range);
    const { upload, writer } = claimed;
    if (upload.digest === undefined)
      await this.close(request, scope, claimed, digest, range).finally(() => writer?.close());
    else if (upload.digest !== digest) throw new BlobUploadUnknown();
    answerBlob(request, name, digest);
  }

  private async close(
    request: V2Request,
    scope: Scope,
    { upload, writer }: ClaimedUpload,
    digest: Digest,
    range: ContentRange | undefined,
  ): Promise<void> {
    const algorithm = (upload.offset === 0 ? digestAlgorithm(digest) : upload.algorithm) as HashAlgorithm;
    const { progress, hash } =
      writer && hasBody(request)
        ? await this.writing.execute(request, { upload, writer }, { algorithm, range, record: false })
        : { progress: await this.writing.seal(upload, writer), hash: this.hashes.take(upload, algorithm, 0) };
    await this.finishing.execute(scope, upload, digest, progress, hash);
  }

  private async cancel(request: V2Request): Promise<void> {
    const { scope, id } = await admitUpload(this.access, this.uploads, request, ['push']);
    await this.uploads.abortUpload({ scope, uploadId: id, operationId: randomUUID() });
    this.hashes.drop(id);
    request.send(204);
  }

  /** Makes this request the session's writer; a finished session has none. */
  private claim(request: V2Request, scope: Scope, uploadId: string, range?: ContentRange): Promise<ClaimedUpload> {
    return this.claims.inTurn(uploadId, async () => {
      const claim = { scope, uploadId, claimId: randomUUID(), expectedOffset: range?.start };
      const upload = (await this.uploads.claimUpload(claim)).upload as Upload;
      this.claims.note(uploadId, upload.epoch);
      if (upload.digest !== undefined) return { upload };
      const closes = request.method === 'PUT' && !hasBody(request);
      return closes ? this.writing.openToClose(upload) : this.writing.open(upload);
    });
  }
}

function hasBody(request: V2Request): boolean {
  return request.req.headers['transfer-encoding'] !== undefined || Number(request.header('content-length') ?? 0) > 0;
}

function rangeOf(request: V2Request): ContentRange | undefined {
  const header = request.header('content-range');
  if (header === undefined) return undefined;
  const range = parseContentRange(header);
  if (!range) throw new BlobUploadInvalid('Content-Range is not <start>-<end>', { detail: header.slice(0, SHOWN) });
  assertLength(request, range);
  return range;
}
