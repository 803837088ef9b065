import { StoreFull } from '../blob-store.errors.js';
import { bytesOfParts, partBytes } from './s3-parts.js';

const MIB = 1024 * 1024;

it('counts the bytes of parts as if they were added one by one', () => {
  let sum = 0;
  expect(bytesOfParts(0)).toBe(0);
  for (let number = 1; number <= 10_000; number += 1) {
    sum += partBytes(number);
    if (bytesOfParts(number) !== sum) throw new Error(`${number} parts have ${sum} bytes, not ${bytesOfParts(number)}`);
  }
  expect(sum).toBe(275_000 * MIB);
});

it('keeps to what S3 takes: 5 MiB to 5 GiB each, and 10,000 of them', () => {
  expect([1, 1000, 1001, 10_000].map((number) => partBytes(number) / MIB)).toEqual([5, 5, 10, 50]);
  expect(() => partBytes(10_001)).toThrow(StoreFull);
});
