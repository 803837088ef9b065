import fc from 'fast-check';
import { parseRange } from './range.js';

const SIZE = 2048;
const whole = { kind: 'whole' };
const unsatisfiable = { kind: 'unsatisfiable' };
const part = (start: number, end: number) => ({ kind: 'part', start, end });

describe('a range of a blob', () => {
  it.each([
    ['BLOB-05', 'bytes=500-1499', part(500, 1499)],
    ['BLOB-05', 'bytes=500-', part(500, 2047)],
    ['BLOB-05', 'bytes=-500', part(1548, 2047)],
    ['BLOB-05', 'bytes=2000-5000', part(2000, 2047)],
    ['BLOB-05', 'bytes=0-0', part(0, 0)],
    ['BLOB-05', 'bytes=2047-2047', part(2047, 2047)],
    ['BLOB-05', 'bytes=-5000', part(0, 2047)],
    ['BLOB-05', 'Bytes=0-9', part(0, 9)],
    ['BLOB-05', ' bytes=0-9 ', part(0, 9)],
    ['BLOB-05', 'bytes=0-99999999999999999999999', part(0, 2047)],
    ['BLOB-06', 'bytes=5000-10000', unsatisfiable],
    ['BLOB-06', 'bytes=2048-', unsatisfiable],
    ['BLOB-06', 'bytes=99999999999999999999999-', unsatisfiable],
    ['BLOB-06', 'bytes=-0', unsatisfiable],
    ['BLOB-07', 'bytes=500-0', unsatisfiable],
    ['BLOB-07', 'bytes=1-0', unsatisfiable],
    ['BLOB-08', 'bytes=0-1,5-6', whole],
    ['BLOB-08', 'bytes=0-1,', whole],
    ['RFC 9110', undefined, whole],
    ['RFC 9110', '', whole],
    ['RFC 9110', 'bytes=-', whole],
    ['RFC 9110', 'bytes=', whole],
    ['RFC 9110', 'bytes 0-9', whole],
    ['RFC 9110', 'bytes=a-b', whole],
    ['RFC 9110', 'bytes=0-9-', whole],
    ['RFC 9110', 'bytes=--5', whole],
    ['RFC 9110', 'bytes=0x1-2', whole],
    ['RFC 9110', 'bytes=1.5-2', whole],
    ['RFC 9110', 'items=0-9', whole],
    ['RFC 9110', '0-9', whole],
  ])('%s: reads %j of 2048 bytes', (_requirement, header, expected) => {
    expect(parseRange(header, SIZE)).toEqual(expected);
  });

  it.each([
    ['bytes=0-', whole],
    ['bytes=0-99', whole],
    ['bytes=-5', whole],
    ['bytes=1-', unsatisfiable],
    ['bytes=-0', unsatisfiable],
    ['bytes=5-0', unsatisfiable],
  ])('reads %j of an empty blob', (header, expected) => {
    expect(parseRange(header, 0)).toEqual(expected);
  });

  it('lies within the blob and is what was asked for', () => {
    const position = fc.nat(300);
    fc.assert(
      fc.property(position, position, fc.integer({ min: 1, max: 200 }), (first, last, size) => {
        const bytes = Array.from({ length: size }, (_, at) => at);
        const range = parseRange(`bytes=${first}-${last}`, size);
        const read = range.kind === 'part' ? bytes.slice(range.start, range.end + 1) : [];
        expect(read).toEqual(bytes.filter((at) => first <= at && at <= last));
        const suffix = parseRange(`bytes=-${last}`, size);
        const tail = suffix.kind === 'part' ? bytes.slice(suffix.start, suffix.end + 1) : [];
        expect(tail).toEqual(bytes.filter((at) => at >= size - last));
      }),
    );
  });

  it('of any text never fails', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(), (text, size) => {
        const range = parseRange(`bytes=${text}`, size);
        if (range.kind === 'part') expect(range.start <= range.end && range.end < size).toBe(true);
      }),
    );
  });
});
