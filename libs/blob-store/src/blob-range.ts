import type { BlobRange } from './blob-store.port.js';

/** Up to this many bytes a body is a `Buffer`, above a stream. One read costs less than a stream up to about here. */
export const SMALL_BODY_BYTES = 64 * 1024;

/** @throws RangeError unless `0 <= start <= end`, both safe integers */
export function assertRange({ start, end }: BlobRange): void {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start) {
    throw new RangeError(`not a range of bytes: ${start}-${end}`);
  }
}

/** @throws RangeError unless `value` is a count of bytes: a safe integer, not negative */
export function assertByteCount(value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a number of bytes: ${value}`);
}
