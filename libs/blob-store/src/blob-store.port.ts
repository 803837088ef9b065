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

/** How far an uncommitted object has come: what its upload records, and what `append` and `commit` are given back. */
export interface BlobProgress {
  /** Durable bytes. */
  readonly offset: number;
  /** What the store needs to know beside that, on any replica. Its own affair: kept and given back as it is. */
  readonly state?: string;
  /**
   * No byte is taken any more. Record it before `commit`: from then on whoever has the upload can only complete this very
   * object, and two that do so at once do the same.
   */
  readonly sealed?: boolean;
}

/** Where every object begins. */
export const BLOB_START: BlobProgress = { offset: 0 };

/** Appends to one object. Calls are carried out in the order they were made; after a failure only `close` is left. */
export interface BlobWriter {
  /** The next byte: everything before it was written, though it need not be durable. */
  readonly offset: number;
  /**
   * Writes all bytes of all chunks in one gathered write, or throws. The chunks may not change until the promise settles.
   * @throws StoreFull, StoreUnavailable, BlobWriterClosed; `offset` then stays where it was
   */
  write(chunks: readonly Uint8Array[]): Promise<void>;
  /**
   * Makes bytes survive a loss of power: all, or as many as cost little more. The caller records what it is given before
   * it asks for more progress: only the progress before last may be forgotten by the store.
   */
  checkpoint(): Promise<BlobProgress>;
  /** The same for every byte before `offset`. */
  sync(): Promise<BlobProgress>;
  /** Ends the writing after every byte before `offset`, and says what `commit` is to be given. @throws BlobCommitted */
  seal(): Promise<BlobProgress>;
  /** Idempotent. Does not make anything durable: what was written since the last progress may be lost. */
  close(): Promise<void>;
}

/**
 * Immutable objects under keys that are never used twice. Bytes are written once, to their final key.
 *
 * The store knows nothing of digests or references; a row of the database decides what a key means. Every method throws
 * InvalidBlobKey for a key that `blobKey` did not make, StoreFull without room, StoreUnavailable if the system fails.
 */
export abstract class BlobStore {
  /** Whether `read` also gives what a writer made durable before `commit`. */
  abstract readonly readsUncommitted: boolean;

  /** Makes an empty, uncommitted object. @throws BlobExists where the store can tell */
  abstract begin(key: BlobKey): Promise<void>;

  /**
   * Opens an uncommitted object for writing where its recorded progress ends. Bytes past it are cut off: a crash may
   * have left more than was recorded. An earlier writer of this key in this process is closed, after the call it is in
   * has ended.
   * @throws BlobNotFound, BlobCommitted, BlobTruncated if fewer bytes are there than were recorded
   */
  abstract append(key: BlobKey, from: BlobProgress): Promise<BlobWriter>;

  /**
   * When it resolves, exactly the bytes that were sealed survive a loss of power and never change again. Closes the key's
   * writer. A repetition is harmless. After any failure but BlobSizeMismatch the object cannot be trusted: discard it.
   * @throws BlobNotFound, BlobSizeMismatch
   */
  abstract commit(key: BlobKey, sealed: BlobProgress): Promise<void>;

  /**
   * Reads committed bytes; others where the store `readsUncommitted`. A body that began stays whole when the object is
   * deleted meanwhile. A caller that knows the size passes a range: then missing bytes are BlobTruncated, thrown or emitted by
   * the stream, never a short success. Destroying the stream frees what it holds.
   * @throws BlobNotFound, BlobTruncated, RangeError
   */
  abstract read(key: BlobKey, range?: BlobRange): Promise<BlobBody>;

  /** Removes exactly this object, committed or not, with all that was stored for it, and closes its writer. Idempotent. */
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
