import { createHash } from 'node:crypto';

/** The same UUID for the same words, so that a suite run twice leaves the same rows. */
export function uuidOf(words: string): string {
  const hex = createHash('sha256').update(words).digest('hex');
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(12, 15)}`,
    `8${hex.slice(15, 18)}`,
    hex.slice(18, 30),
  ];
  return groups.join('-');
}
