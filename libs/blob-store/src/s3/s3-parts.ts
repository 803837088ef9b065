import { StoreFull } from '../blob-store.errors.js';

/** The smallest part that S3 takes, but for the last. */
const UNIT_BYTES = 5 * 1024 * 1024;

/** So many parts have one size; the next as many are a unit larger. */
const PARTS_OF_A_SIZE = 1000;

/** S3 takes no more parts of an object. */
const MOST_PARTS = 10_000;

/**
 * Bytes of part `number`, counted from 1: 5 MiB up to 4.9 GiB of the blob, 10 MiB up to 14.6 GiB, and so on. 10,000 parts
 * are 268 GiB. The sizes follow from the numbers alone, so they are not recorded, and may never change.
 *
 * @throws StoreFull beyond the last part
 */
export function partBytes(number: number): number {
  if (number > MOST_PARTS) throw new StoreFull(new Error(`an object has ${MOST_PARTS} parts at most`));
  return UNIT_BYTES * Math.ceil(number / PARTS_OF_A_SIZE);
}

/** Bytes of the first `count` parts together. */
export function bytesOfParts(count: number): number {
  const sizes = Math.ceil(count / PARTS_OF_A_SIZE);
  const inLastSize = count - (sizes - 1) * PARTS_OF_A_SIZE;
  return UNIT_BYTES * ((PARTS_OF_A_SIZE * sizes * (sizes - 1)) / 2 + inLastSize * sizes) * (count > 0 ? 1 : 0);
}
