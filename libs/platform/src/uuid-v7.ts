import { randomBytes } from 'node:crypto';

/** Bits of the counter, which stands in rand_a (RFC 9562 section 6.2, method 1). */
const COUNTER_LIMIT = 2 ** 12;
let lastMs = 0;
let counter = 0;

/**
 * A UUID of version 7 (RFC 9562): sorted as text, later ones of this process come after earlier ones, also within a
 * millisecond and when the clock is set back. `nowMs` is the time in milliseconds since 1970.
 */
export function uuidV7(nowMs: number = Date.now()): string {
  const random = randomBytes(10);
  advance(nowMs, random.readUInt16BE(0));
  const time = lastMs.toString(16).padStart(12, '0');
  const variant = ((random.readUInt16BE(2) & 0x3fff) | 0x8000).toString(16);
  const tail = random.toString('hex', 4);
  const version = `7${counter.toString(16).padStart(3, '0')}`;
  return `${time.slice(0, 8)}-${time.slice(8)}-${version}-${variant}-${tail}`;
}

/** A new millisecond starts in the lower half of the counter, which leaves room to count up. */
function advance(nowMs: number, random: number): void {
  if (nowMs <= lastMs && counter + 1 < COUNTER_LIMIT) {
    counter += 1;
    return;
  }
  lastMs = Math.max(nowMs, lastMs + 1);
  counter = random % (COUNTER_LIMIT / 2);
}
