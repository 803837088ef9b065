import type { BlobStore, HashAlgorithm } from '@lading/blob-store';
import { type Digest, DigestInvalid, digestAlgorithm, isSupportedAlgorithm } from '@lading/oci';
import { Access } from '../access/access.js';
import { type Admitted, admit } from '../access/repository-access.js';
import { MethodNotAllowed } from '../v2/method-not-allowed.js';
import type { V2Request } from '../v2/v2-request.js';
import { answerBlob, answerUpload } from './answers.js';
import { assertRoom } from './assert-room.js';
import { BeginUpload } from './begin-upload.js';
import { FinishUpload } from './finish-upload.js';
import { MountBlob } from './mount-blob.js';
import { supportedDigest } from './supported-digest.js';
import { WriteUpload } from './write-upload.js';

/** Characters of what a client sent that are repeated to it. */
const SHOWN = 255;

/** POST `/v2/<name>/blobs/uploads/`: a mount, a whole blob in one request, or a new session. */
export class UploadsController {
  constructor(
    private readonly access: Access,
    private readonly store: BlobStore,
    private readonly mounting: MountBlob,
    private readonly beginning: BeginUpload,
    private readonly writing: WriteUpload,
    private readonly finishing: FinishUpload,
  ) {}

  async handle(request: V2Request): Promise<void> {
    if (request.method !== 'POST') throw new MethodNotAllowed(['POST']);
    const from = request.query.get('from') ?? undefined;
    const mount = request.query.get('mount');
    const source = mount !== null && from !== undefined ? [{ name: from, actions: ['pull'] }] : [];
    const admitted = await admit(this.access, request, 'push', source);
    if (mount !== null && (await this.mount(request, admitted, supportedDigest(mount), from))) return;
    const whole = mount === null && request.query.has('digest');
    if (whole) return this.receive(request, admitted, supportedDigest(request.query.get('digest')));
    const algorithm = announcedAlgorithm(request);
    await assertRoom(this.store, lengthOf(request));
    const { uploadId } = await this.beginning.execute(admitted.scope, algorithm);
    answerUpload(request, 202, admitted.name, uploadId, 0);
  }

  /** @returns false when the blob is to be uploaded instead. */
  private async mount(
    request: V2Request,
    { name, caller, scope }: Admitted,
    digest: Digest,
    from: string | undefined,
  ): Promise<boolean> {
    const outcome = await this.mounting.execute(caller, scope, digest, from);
    if (outcome === 'upload') return false;
    if (outcome === 'ask') throw this.access.refuse(request, 'insufficient_scope');
    answerBlob(request, name, digest);
    return true;
  }

  /** The blob is the body of this request. */
  private async receive(request: V2Request, { name, scope }: Admitted, digest: Digest): Promise<void> {
    const algorithm = digestAlgorithm(digest) as HashAlgorithm;
    await assertRoom(this.store, lengthOf(request));
    const upload = await this.beginning.execute(scope, algorithm);
    await this.beginning.orEnd(scope, upload, async () => {
      const open = await this.writing.open(upload);
      const { progress, hash } = await this.writing.execute(request, open, { algorithm, record: false });
      await this.finishing.execute(scope, upload, digest, progress, hash);
    });
    answerBlob(request, name, digest);
  }
}

function lengthOf(request: V2Request): number {
  return Number(request.header('content-length') ?? 0);
}

function announcedAlgorithm(request: V2Request): HashAlgorithm {
  const announced = request.query.get('digest-algorithm') ?? 'sha256';
  if (isSupportedAlgorithm(announced)) return announced;
  throw new DigestInvalid('the digest algorithm is not supported', { detail: announced.slice(0, SHOWN) });
}
