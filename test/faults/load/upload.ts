import type { Blob } from './image.js';

/** An upload that was opened and not finished, as its client knows it. */
export interface Upload {
  location: string;
  repository: string;
  blob: Blob;
  /** Bytes of which an answer said that they are stored. */
  acknowledged: number;
  /** Bytes that were given to a connection. */
  sent: number;
  /** The closing PUT was sent: the upload may be over without its client having heard so. */
  closing: boolean;
}
