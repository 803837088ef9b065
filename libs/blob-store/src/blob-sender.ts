import type { Readable, Writable } from 'node:stream';
import type { BlobBody } from './blob-store.port.js';

/** A body that can hand its bytes to a connection itself, with less copying than as a stream. */
export interface BlobSender {
  /**
   * Writes all bytes to the destination and ends it, then frees what the body holds. A destination that closes early ends
   * it quietly: there is nobody left to tell. Not for a body that is read otherwise.
   *
   * @throws what reading throws (BlobTruncated, StoreUnavailable); the destination is then left as it is, not ended
   */
  sendTo(destination: Writable): Promise<void>;
}

/** Whether this body has the ability; not every store's has. */
export function isBlobSender(body: BlobBody): body is Readable & BlobSender {
  return 'sendTo' in body;
}
