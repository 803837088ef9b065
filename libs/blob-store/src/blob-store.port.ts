import type { Readable } from 'node:stream';
import type { BlobKey } from './blob-key.js';

/** Bytes `start` to `end`, both counted from 0 and both included. `0 <= start <= end`. */
export interface BlobRange {
  readonly start: number;
  readonly end: number;
}

/** A `Buffer` when at most 64 KiB were asked for, which spares small reads the cost of a stream; else a stream. */
export type BlobBody = Buffer | Readable;

export interface BlobEntry {
  readonly key: BlobKey;
  readonly size: number;
}

/** Appends to one object. Calls are carried out in the order they were made; after a failure only `close` is left. */
export interface BlobWriter {
  /** The next byte: everything before it was written, and is durable up to the last `sync`. */
  readonly offset: number;
  /**
   * Writes all bytes of all chunks in one gathered write, or throws. The chunks may not change until the promise settles.
   * @throws StoreFull, StoreUnavailable, BlobWriterClosed; `offset` then stays where it was
   */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /** Makes every byte before `offset` survive a loss of power, so that `offset` may be recorded. */
  sync(): Promise<void>;
  /** Idempotent. Does not make anything durable. */
  close(): Promise<void>;
}

/**
 * Immutable objects under keys that are never used twice. Bytes are written once, to their final key.
 *
 * The store knows nothing of digests or references; a row of the database decides what a key means. Every method throws
 * InvalidBlobKey for a key that `blobKey` did not make, StoreFull without room, StoreUnavailable if the system fails.
 */
export abstract class BlobStore {
  /** Makes an empty, uncommitted object. @throws BlobExists */
  abstract begin(key: BlobKey): Promise<void>;

  /**
   * Opens an uncommitted object for writing at `offset`. Bytes past it are cut off: a crash may have left more than was
   * recorded. An earlier writer of this key in this process is closed, after the call it is in has ended.
   * @throws BlobNotFound, BlobCommitted, BlobTruncated if fewer than `offset` bytes are there
   */
  abstract append(key: BlobKey, offset: number): Promise<BlobWriter>;

  /**
   * When it resolves, exactly `size` bytes survive a loss of power and never change again. Closes the key's writer. A
   * repetition with the same size is harmless. After any failure but BlobSizeMismatch the object cannot be trusted:
   * discard it.
   * @throws BlobNotFound, BlobSizeMismatch
   */
  abstract commit(key: BlobKey, size: number): Promise<void>;

  /** Removes an uncommitted object and closes its writer. Idempotent; a committed object stays. */
  abstract cancel(key: BlobKey): Promise<void>;

  /**
   * Reads committed bytes, or what a writer wrote so far. A body that began stays whole when the object is deleted
   * meanwhile. A caller that knows the size passes a range: then missing bytes are BlobTruncated, thrown or emitted by
   * the stream, never a short success. Destroying the stream frees what it holds.
   * @throws BlobNotFound, BlobTruncated, RangeError
   */
  abstract read(key: BlobKey, range?: BlobRange): Promise<BlobBody>;

  /** Removes exactly this object, committed or not, and closes its writer. Idempotent. */
  abstract delete(key: BlobKey): Promise<void>;

  /**
   * All committed objects in the order of their keys, from the first key greater than `after`; uncommitted objects may
   * be among them, and objects made or removed meanwhile may be left out. Memory does not grow with the number of objects.
   */
  abstract list(after?: BlobKey): AsyncIterable<BlobEntry>;

  /** Bytes that new objects may still take; undefined if unknown or unlimited. */
  abstract freeBytes(): Promise<number | undefined>;

  /** Frees what the store keeps open between calls, once no writer and no body is left. */
  abstract close(): Promise<void>;
}
