import { randomUUID } from 'node:crypto';
import type { BlobStore, HashAlgorithm } from '@lading/blob-store';
import {
  BlobUploadInvalid,
  BlobUploadUnknown,
  type Digest,
  DigestInvalid,
  digestAlgorithm,
  isSupportedAlgorithm,
  isSupportedDigest,
  parseDigest,
  type RepositoryName,
} from '@lading/oci';
import type { Scope, Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { Access } from '../access/access.js';
import { type Admitted, admit } from '../access/repository-access.js';
import { type ContentRange, parseContentRange } from '../http/content-range.js';
import { MethodNotAllowed } from '../v2/method-not-allowed.js';
import type { V2Request } from '../v2/v2-request.js';
import { admitUpload } from './admit-upload.js';
import { assertRoom } from './assert-room.js';
import { BeginUpload } from './begin-upload.js';
import { Claims } from './claims.js';
import { FinishUpload } from './finish-upload.js';
import { MountBlob } from './mount-blob.js';
import { SessionHashes } from './session-hashes.js';
import { assertLength, type ClaimedUpload, WriteUpload } from './write-upload.js';

/** Characters of what a client sent that are repeated to it. */
const SHOWN = 255;

const METHODS = ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE'];

/** `/v2/<name>/blobs/uploads/` and `/v2/<name>/blobs/uploads/<id>` */
export class UploadController {
  constructor(
    private readonly access: Access,
    private readonly uploads: UploadPort,
    private readonly store: BlobStore,
    private readonly hashes: SessionHashes,
    private readonly mounting: MountBlob,
    private readonly beginning: BeginUpload,
    private readonly writing: WriteUpload,
    private readonly finishing: FinishUpload,
    private readonly claims: Claims,
  ) {}

  /** POST: mount, whole blob in one request, or a new session. */
  async handleCollection(request: V2Request): Promise<void> {
    if (request.method !== 'POST') throw new MethodNotAllowed(['POST']);
    const from = request.query.get('from') ?? undefined;
    const mount = request.query.get('mount');
    const source = mount !== null && from !== undefined ? [{ name: from, actions: ['pull'] }] : [];
    const admitted = await admit(this.access, request, 'push', source);
    if (mount !== null && (await this.mount(request, admitted, supported(mount), from))) return;
    const digest = mount === null && request.query.has('digest') ? supported(request.query.get('digest')) : undefined;
    const algorithm = digest ? (digestAlgorithm(digest) as HashAlgorithm) : announcedAlgorithm(request);
    await assertRoom(this.store, Number(request.header('content-length') ?? 0));
    const { name, scope } = admitted;
    const upload = await this.beginning.execute(scope, algorithm);
    if (digest === undefined) return this.answer(request, 202, name, upload.uploadId, 0);
    await this.beginning.orEnd(scope, upload, async () => {
      const open = await this.writing.open(upload);
      const { offset, hash } = await this.writing.execute(request, open, { algorithm, record: false });
      await this.finishing.execute(scope, upload, digest, offset, hash);
    });
    this.answerBlob(request, name, digest);
  }

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

  /** @returns false when the blob is to be uploaded instead. */
  private async mount(
    request: V2Request,
    admitted: Admitted,
    digest: Digest,
    from: string | undefined,
  ): Promise<boolean> {
    const { name, caller, scope } = admitted;
    const outcome = await this.mounting.execute(caller, scope, digest, from);
    if (outcome === 'upload') return false;
    if (outcome === 'mounted') {
      this.answerBlob(request, name, digest);
      return true;
    }
    throw this.access.refuse(request, 'insufficient_scope');
  }

  private async status(request: V2Request): Promise<void> {
    const { name, scope, id } = await admitUpload(this.access, this.uploads, request, ['pull', 'push']);
    const { upload } = await this.uploads.getUpload({ scope, uploadId: id });
    if (!upload || upload.digest !== undefined) throw new BlobUploadUnknown();
    this.answer(request, 204, name, id, upload.offset);
  }

  private async patch(request: V2Request): Promise<void> {
    const { name, scope, id } = await admitUpload(this.access, this.uploads, request, ['push']);
    const range = rangeOf(request);
    const { upload, writer } = await this.claim(request, scope, id, range);
    if (!writer) throw new BlobUploadUnknown();
    const algorithm = upload.algorithm as HashAlgorithm;
    const { offset, hash } = await this.writing.execute(
      request,
      { upload, writer },
      { algorithm, range, record: true },
    );
    this.hashes.keep(id, offset, hash);
    this.answer(request, 202, name, id, offset);
  }

  private async put(request: V2Request): Promise<void> {
    const { name, scope, id } = await admitUpload(this.access, this.uploads, request, ['push']);
    const digest = supported(request.query.get('digest'));
    const range = hasBody(request) ? rangeOf(request) : undefined;
    const claimed = await this.claim(request, scope, id, range);
    const { upload, writer } = claimed;
    if (upload.digest === undefined)
      await this.close(request, scope, claimed, digest, range).finally(() => writer?.close());
    else if (upload.digest !== digest) throw new BlobUploadUnknown();
    this.answerBlob(request, name, digest);
  }

  private async close(
    request: V2Request,
    scope: Scope,
    { upload, writer }: ClaimedUpload,
    digest: Digest,
    range: ContentRange | undefined,
  ): Promise<void> {
    const algorithm = (upload.offset === 0 ? digestAlgorithm(digest) : upload.algorithm) as HashAlgorithm;
    const { offset, hash } =
      writer && hasBody(request)
        ? await this.writing.execute(request, { upload, writer }, { algorithm, range, record: false })
        : { offset: upload.offset, hash: this.hashes.take(upload, algorithm, 0) };
    await this.finishing.execute(scope, upload, digest, offset, hash);
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

  /** One location for the whole session; at zero bytes `0-0`, which every client can parse (UPL-20, UPL-21). */
  private answer(request: V2Request, status: number, name: RepositoryName, id: string, offset: number): void {
    request.send(status, {
      Location: `/v2/${name}/blobs/uploads/${id}`,
      Range: `0-${Math.max(0, offset - 1)}`,
      'Docker-Upload-UUID': id,
    });
  }

  private answerBlob(request: V2Request, name: RepositoryName, digest: Digest): void {
    request.send(201, { Location: `/v2/${name}/blobs/${digest}`, 'Docker-Content-Digest': digest });
  }
}

/** @throws DigestInvalid for a missing, malformed or unsupported digest; the session is kept (UPL-31). */
function supported(text: string | null): Digest {
  if (text === null) throw new DigestInvalid('the parameter digest is missing');
  const digest = parseDigest(text);
  if (isSupportedDigest(digest)) return digest;
  throw new DigestInvalid('the algorithm of the digest is not supported', { detail: text });
}

function announcedAlgorithm(request: V2Request): HashAlgorithm {
  const announced = request.query.get('digest-algorithm') ?? 'sha256';
  if (isSupportedAlgorithm(announced)) return announced;
  throw new DigestInvalid('the digest algorithm is not supported', { detail: announced.slice(0, SHOWN) });
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
