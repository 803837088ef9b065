import {
  BlobCommitted,
  type BlobProgress,
  type BlobStore,
  type BlobWriter,
  type BlockPool,
  blobKey,
  type HashAlgorithm,
} from '@lading/blob-store';
import { BlobUploadUnknown, SizeInvalid } from '@lading/oci';
import type { Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import type { ContentRange } from '../http/content-range.js';
import { acceptBody } from '../http/read-body.js';
import type { V2Request } from '../v2/v2-request.js';
import { asLostUpload } from './lost-upload.js';
import { progressOf } from './progress-of.js';
import { receiveBytes } from './receive-bytes.js';
import type { SessionHash } from './session-hash.js';
import { SessionHashes } from './session-hashes.js';
import { UploadProgress } from './upload-progress.js';

/** A client that sends nothing for this long counts as gone; what it sent is kept. Milliseconds. */
export const UPLOAD_IDLE_MS = 120_000;

/** Bytes of a slow client stay in memory for this long at most, milliseconds. */
const MOST_HELD_MS = 10_000;

/** The client went away; there is nobody to answer. */
export class ClientGone extends Error {}

/** A claimed session with the writer of its object. */
export interface OpenUpload {
  upload: Upload;
  writer: BlobWriter;
}

/** A claimed session; without a writer where no bytes are taken any more. */
export type ClaimedUpload = Partial<OpenUpload> & { upload: Upload };

export interface WrittenUpload {
  /** Recorded when `record` was asked, else sealed for the commit. */
  progress: BlobProgress;
  hash: SessionHash;
}

/** Takes the body of a PATCH, PUT or POST into a session that this request has claimed. */
export class WriteUpload {
  constructor(
    private readonly uploads: UploadPort,
    private readonly store: BlobStore,
    private readonly hashes: SessionHashes,
    private readonly blocks: BlockPool,
  ) {}

  /**
   * Opens the object of a session that was just claimed. In the claim's turn, see `Claims`.
   *
   * @throws BlobUploadUnknown when the bytes are not there any more; the client starts over.
   */
  async open(upload: Upload): Promise<OpenUpload> {
    try {
      return { upload, writer: await this.store.append(blobKey(upload.objectId), progressOf(upload)) };
    } catch (error) {
      throw asLostUpload(error);
    }
  }

  /**
   * The same where no bytes are to come: an older writer ends, and what a refused or cut chunk left past the offset is
   * gone, so that the object can be committed. No writer where it is already, by a PUT whose last step failed.
   */
  async openToClose(upload: Upload): Promise<ClaimedUpload> {
    try {
      return await this.open(upload);
    } catch (error) {
      if (error instanceof BlobUploadUnknown && error.cause instanceof BlobCommitted) return { upload };
      throw error;
    }
  }

  /** Seals a session that no bytes come for; one without a writer is sealed. @throws BlobUploadUnknown as above */
  async seal(upload: Upload, writer: BlobWriter | undefined): Promise<BlobProgress> {
    try {
      return writer ? await writer.seal() : progressOf(upload);
    } catch (error) {
      throw asLostUpload(error);
    }
  }

  /**
   * @param range what `Content-Range` said, so that the length can be held to it: a body of another length leaves the
   *   offset where it was (UPL-16).
   * @param record whether to make the bytes durable and note the offset at the end; else they are sealed, for the commit.
   * @throws SizeInvalid, BlobUploadUnknown, ClientGone after everything that came was recorded
   */
  async execute(
    request: V2Request,
    { upload, writer }: OpenUpload,
    options: { algorithm: HashAlgorithm; range?: ContentRange; record: boolean },
  ): Promise<WrittenUpload> {
    const declared = request.header('content-length');
    // A declared length was held to the range already; a chunk without one counts only when all of it has come.
    const counted = declared === undefined ? options.range : undefined;
    const hash = this.hashes.take(upload, options.algorithm, declared === undefined ? undefined : Number(declared));
    const progress = new UploadProgress(this.uploads, this.store, upload, writer, { counted: counted !== undefined });
    let kept = false;
    try {
      acceptBody(request.req, request.res);
      const received = await receiveBytes(request.req, {
        writer,
        hash,
        blocks: this.blocks,
        idleMs: UPLOAD_IDLE_MS,
        heldMs: Math.min(MOST_HELD_MS, upload.ttlMs / 8),
        progress: (offset) => progress.step(offset),
      });
      if (counted) assertReceived(received.offset - upload.offset, counted, received.aborted);
      if (!options.record && !received.aborted) return { progress: await writer.seal(), hash };
      const recorded = await progress.record();
      if (!received.aborted) return { progress: recorded, hash };
      this.hashes.keep(upload.uploadId, received.offset, hash);
      kept = true;
      throw new ClientGone();
    } catch (error) {
      if (!kept) hash.discard();
      throw asLostUpload(error);
    } finally {
      await writer.close();
    }
  }
}

/** @throws SizeInvalid when the headers contradict each other: before the claim, so that nothing changes. */
export function assertLength(request: V2Request, range: ContentRange | undefined): void {
  const declared = request.header('content-length');
  if (!range || declared === undefined) return;
  if (Number(declared) !== range.end - range.start + 1)
    throw new SizeInvalid('Content-Range and Content-Length differ');
}

function assertReceived(bytes: number, range: ContentRange, aborted: boolean): void {
  if (aborted) throw new ClientGone();
  if (bytes !== range.end - range.start + 1) throw new SizeInvalid('the body is not as long as Content-Range says');
}
