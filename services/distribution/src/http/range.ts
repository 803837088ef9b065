/** What of a blob a GET answers. `start` and `end` are inclusive byte positions within it. */
export type Range = { kind: 'whole' } | { kind: 'part'; start: number; end: number } | { kind: 'unsatisfiable' };

const WHOLE: Range = { kind: 'whole' };
const UNSATISFIABLE: Range = { kind: 'unsatisfiable' };
const ONE_RANGE = /^bytes=(\d*)-(\d*)$/i;

/**
 * RFC 9110, section 14.2, for one range. Several ranges, other units and what cannot be read are ignored, as the RFC
 * allows. An inverted range is unsatisfiable, which the conformance suite asks for. Of an empty blob, ranges that
 * begin at byte 0 and suffixes are the whole of it: clients that fetch in chunks begin like that.
 * @param size of the blob in bytes
 */
export function parseRange(header: string | undefined, size: number): Range {
  const [, first = '', last = ''] = ONE_RANGE.exec(header?.trim() ?? '') ?? [];
  if (first === '') return last === '' ? WHOLE : parseSuffix(Number(last), size);
  const start = Number(first);
  const end = last === '' ? Number.POSITIVE_INFINITY : Number(last);
  if (end < start) return UNSATISFIABLE;
  if (size === 0 && start === 0) return WHOLE;
  return start < size ? { kind: 'part', start, end: Math.min(end, size - 1) } : UNSATISFIABLE;
}

/** The last `length` bytes. */
function parseSuffix(length: number, size: number): Range {
  if (length === 0) return UNSATISFIABLE;
  return size === 0 ? WHOLE : { kind: 'part', start: Math.max(0, size - length), end: size - 1 };
}
