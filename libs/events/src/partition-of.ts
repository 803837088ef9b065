import { crc32 } from 'node:zlib';

/** Fixed for good: another number would move keys between partitions, and break their order while it happened. */
export const PARTITIONS = 12;

/** The partition of a key, in a log that does not choose by itself: 0 to `PARTITIONS` - 1. */
export function partitionOf(key: string): number {
  return crc32(key) % PARTITIONS;
}
