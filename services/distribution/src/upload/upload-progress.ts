import type { BlobProgress, BlobStore, BlobWriter } from '@lading/blob-store';
import { BlobUploadUnknown } from '@lading/oci';
import type { Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { assertRoom } from './assert-room.js';

/** Bytes between two records of a running upload: what a crash of the server costs its client at most. */
const STEP_BYTES = 64 * 1024 * 1024;

/** A slow upload is recorded at least this often, far below the five minutes of T20; sooner where sessions end sooner. */
const MOST_STEP_MS = 60_000;

/**
 * Records how far an upload got: durable first, then in its row. While a body runs, at each step, as far as the store
 * likes; and all of it where it ends. The row answers whether this request is still the session's writer, and the session lives longer (T20).
 */
export class UploadProgress {
  private steppedTo: number;
  private steppedAt = Date.now();
  private readonly stepMs: number;

  /** @param counted the body counts only when all of it has come: until then the row keeps the offset before it. */
  constructor(
    private readonly uploads: UploadPort,
    private readonly store: BlobStore,
    private readonly upload: Upload,
    private readonly writer: BlobWriter,
    private readonly options: { counted: boolean },
  ) {
    this.steppedTo = upload.offset;
    this.stepMs = Math.min(MOST_STEP_MS, upload.ttlMs / 4);
  }

  /** Between blocks. @throws Unavailable without room, BlobUploadUnknown when another request took the session over. */
  async step(offset: number): Promise<void> {
    const due =
      offset - this.steppedTo >= STEP_BYTES || (offset > this.steppedTo && Date.now() - this.steppedAt >= this.stepMs);
    if (!due) return;
    await assertRoom(this.store);
    await this.note(this.options.counted ? { offset: this.upload.offset } : await this.writer.checkpoint());
    this.steppedTo = offset;
    this.steppedAt = Date.now();
  }

  /** All bytes that were written. @throws BlobUploadUnknown when another request took the session over. */
  async record(): Promise<BlobProgress> {
    const progress = await this.writer.sync();
    await this.note(progress);
    return progress;
  }

  private async note({ offset, state: storeState }: BlobProgress): Promise<void> {
    const { uploadId, epoch } = this.upload;
    const { held } = await this.uploads.recordProgress({ uploadId, epoch, offset, storeState });
    if (!held) throw new BlobUploadUnknown('another request took this upload over');
  }
}
