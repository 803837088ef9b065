import type { BlobStore, BlobWriter } from '@lading/blob-store';
import { BlobUploadUnknown } from '@lading/oci';
import type { Upload } from '@lading/proto';
import type { UploadPort } from '@lading/rpc';
import { assertRoom } from './assert-room.js';

/** Bytes between two records of a running upload: what a crash of the server costs its client at most. */
const STEP_BYTES = 64 * 1024 * 1024;

/** A slow upload is recorded at least this often, far below the five minutes of T20; sooner where sessions end sooner. */
const MOST_STEP_MS = 60_000;

/**
 * Records how far an upload got: durable first, then in its row. While a body runs, at each step; and once more where it
 * ends. The row answers whether this request is still the session's writer.
 */
export class UploadProgress {
  private recorded: number;
  private recordedAt = Date.now();
  private readonly stepMs: number;

  constructor(
    private readonly uploads: UploadPort,
    private readonly store: BlobStore,
    private readonly upload: Upload,
    private readonly writer: BlobWriter,
  ) {
    this.recorded = upload.offset;
    this.stepMs = Math.min(MOST_STEP_MS, upload.ttlMs / 4);
  }

  /** Between blocks. @throws Unavailable without room, BlobUploadUnknown when another request took the session over. */
  async step(offset: number): Promise<void> {
    const due =
      offset - this.recorded >= STEP_BYTES || (offset > this.recorded && Date.now() - this.recordedAt >= this.stepMs);
    if (!due) return;
    await assertRoom(this.store);
    await this.record();
  }

  /** @throws BlobUploadUnknown when another request took the session over. */
  async record(): Promise<void> {
    const { uploadId, epoch } = this.upload;
    await this.writer.sync();
    const { offset } = this.writer;
    const { held } = await this.uploads.recordProgress({ uploadId, epoch, offset });
    if (!held) throw new BlobUploadUnknown('another request took this upload over');
    this.recorded = offset;
    this.recordedAt = Date.now();
  }
}
