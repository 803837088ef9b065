/** The bytes of an upload that a request carries; positions in the blob, both inclusive. */
export interface ContentRange {
  start: number;
  end: number;
}

// distribution-spec, "Pushing a blob in chunks": <start>-<end>. Some clients send the form of RFC 9110, section 14.4.
const PLAIN = /^(\d{1,16})-(\d{1,16})$/;
const WITH_UNIT = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16}|\*)$/i;

/** The range of a chunk; undefined if the header is no range, or one that ends before it begins or after its total. */
export function parseContentRange(header: string): ContentRange | undefined {
  const text = header.trim();
  const match = PLAIN.exec(text) ?? WITH_UNIT.exec(text);
  if (!match) return undefined;
  const start = Number(match[1]);
  const end = Number(match[2]);
  const total = match[3] === undefined || match[3] === '*' ? Number.POSITIVE_INFINITY : Number(match[3]);
  return start <= end && end < total && Number.isSafeInteger(end) ? { start, end } : undefined;
}
