import { StoreUnavailable } from '../blob-store.errors.js';
import type { BlobProgress, BlobWriter } from '../blob-store.port.js';
import { WriterCalls } from '../writer-calls.js';
import type { S3Object } from './s3-object.js';
import { bytesOfParts, partBytes } from './s3-parts.js';
import { encodeState, type S3UploadState } from './s3-upload-state.js';

/** The first room for bytes; it doubles up to the size of a part, so that a small blob takes little. */
const FIRST_BYTES = 256 * 1024;

/** What an upload begins with: its recorded progress, and the bytes behind the parts. */
export interface S3Beginning {
  readonly progress: BlobProgress;
  readonly state: S3UploadState;
  readonly tail: Buffer;
}

interface Owner {
  /** The object was written at once. */
  wrote(size: number): void;
  /** Something that nobody waits for. */
  later(work: Promise<void>): void;
  /** The writer takes no more calls. */
  ended(): void;
}

/**
 * Writes one object of S3.
 *
 *   bytes --copy--> part that fills   part on its way (one at most)   parts 1..n, in the upload's row as ETags
 *
 * A part is sent once there are bytes for the next: so it is whole, its size follows from its number, and a blob that fits
 * into the first one is written in one request without an upload. What is behind the parts becomes durable as a tail
 * (s3-object.ts), which is written when the client is told how much there is, and not with each step of a running body.
 * Memory is two parts whatever the size of the blob.
 *
 * A request that was overtaken may send a part with the number of one that the newer request has sent. Completion names
 * each part by its ETag, so it fails then, and the client starts over.
 */
export class S3BlobWriter implements BlobWriter {
  readonly #calls: WriterCalls;
  /** The last progress that was given away; recorded by now if another is asked for. */
  #given: { readonly progress: BlobProgress; readonly state: S3UploadState };
  #offset: number;
  #uploadId: string | undefined;
  readonly #etags: string[];
  /** Parts that were sent, the one on its way included. */
  #sent: number;
  #onItsWay: Promise<void> = Promise.resolve();
  #room: Buffer;
  #filled: number;
  #spare: Buffer | undefined;

  constructor(
    private readonly object: S3Object,
    { progress, state, tail }: S3Beginning,
    private readonly owner: Owner,
  ) {
    this.#calls = new WriterCalls(object.key);
    this.#given = { progress, state };
    this.#offset = progress.offset;
    this.#uploadId = state.uploadId;
    this.#etags = [...state.etags];
    this.#sent = state.etags.length;
    this.#room = tail;
    this.#filled = tail.length;
  }

  get offset(): number {
    return this.#offset;
  }

  write(chunks: readonly Uint8Array[]): Promise<void> {
    return this.#calls.run(async () => {
      let written = 0;
      for (const chunk of chunks) {
        await this.#take(chunk);
        written += chunk.length;
      }
      this.#offset += written;
    });
  }

  /** What whole parts have; a tail of every step would be written for nothing where the next step comes. */
  checkpoint(): Promise<BlobProgress> {
    return this.#calls.run(async () => {
      await this.#onItsWay;
      const { state } = this.#given;
      if (this.#etags.length === state.etags.length) return this.#given.progress;
      return this.#give(bytesOfParts(this.#etags.length), { tail: undefined });
    });
  }

  sync(): Promise<BlobProgress> {
    return this.#calls.run(async () => {
      await this.#onItsWay;
      if (this.#given.progress.offset === this.#offset) return this.#given.progress;
      const tail = this.#filled > 0 ? await this.object.putTail(this.#bytes()) : undefined;
      return this.#give(this.#offset, { tail });
    });
  }

  seal(): Promise<BlobProgress> {
    const sealed = this.#calls.run(async () => {
      await this.#onItsWay;
      return this.#sent === 0 ? this.#sealWhole() : this.#sealParts();
    });
    void this.close();
    return sealed;
  }

  async close(): Promise<void> {
    if (!(await this.#calls.end())) return;
    this.owner.ended();
    await this.#onItsWay.catch(() => undefined);
    this.#spare = undefined;
    this.#room = Buffer.alloc(0);
    // An upload that no progress named can be known to nobody.
    if (this.#uploadId !== undefined && this.#given.state.uploadId !== this.#uploadId)
      this.owner.later(this.object.abort(this.#uploadId));
  }

  async #sealWhole(): Promise<BlobProgress> {
    await this.object.putWhole(this.#bytes());
    this.owner.wrote(this.#offset);
    return { offset: this.#offset, state: encodeState(this.#given.state) };
  }

  async #sealParts(): Promise<BlobProgress> {
    if (this.#filled > 0) await this.#send();
    await this.#onItsWay;
    const { tail, formerTail } = this.#given.state;
    const state = { uploadId: this.#uploadId, etags: [...this.#etags], tail, formerTail, size: this.#offset };
    const progress = { offset: this.#offset, state: encodeState(state), sealed: true };
    this.#given = { progress, state };
    return progress;
  }

  /** The progress given before is recorded now, so nothing can go back to the tail before that one's. */
  #give(offset: number, { tail }: { tail: string | undefined }): BlobProgress {
    const { tail: formerTail, formerTail: forgotten } = this.#given.state;
    if (forgotten !== undefined) this.owner.later(this.object.removeTails([forgotten]));
    const state = { uploadId: this.#uploadId, etags: [...this.#etags], tail, formerTail };
    const progress = { offset, state: encodeState(state) };
    this.#given = { progress, state };
    return progress;
  }

  async #take(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#filled === partBytes(this.#sent + 1)) await this.#send();
      this.#makeRoom(rest.length);
      const piece = rest.subarray(0, this.#room.length - this.#filled);
      this.#room.set(piece, this.#filled);
      this.#filled += piece.length;
      rest = rest.subarray(piece.length);
    }
  }

  /** Room for at least one byte more, and at most for the part. */
  #makeRoom(wanted: number): void {
    if (this.#room.length > this.#filled) return;
    const most = partBytes(this.#sent + 1);
    const length = Math.min(most, Math.max(FIRST_BYTES, 2 * this.#room.length, this.#filled + wanted));
    const room = Buffer.allocUnsafeSlow(length);
    room.set(this.#bytes());
    this.#room = room;
  }

  #bytes(): Buffer {
    return this.#room.subarray(0, this.#filled);
  }

  /** Sends what was filled as the next part, after the one before has come. */
  async #send(): Promise<void> {
    await this.#onItsWay;
    const bytes = this.#bytes();
    this.#sent += 1;
    this.#onItsWay = this.#putPart(this.#sent, bytes);
    // Whoever waits next is told; until then a failure must not count as unhandled.
    this.#onItsWay.catch(() => undefined);
    const room = this.#spare;
    this.#spare = undefined;
    this.#room = room && room.length <= partBytes(this.#sent + 1) ? room : Buffer.alloc(0);
    this.#filled = 0;
  }

  async #putPart(number: number, bytes: Buffer): Promise<void> {
    this.#uploadId ??= await this.object.beginParts();
    const etag = await this.object.putPart(this.#uploadId, number, bytes);
    if (etag === '') throw new StoreUnavailable(new Error('S3 gave no ETag for a part'));
    this.#etags.push(etag);
    this.#spare = bytes;
  }
}
