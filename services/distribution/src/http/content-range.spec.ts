import fc from 'fast-check';
import { parseContentRange } from './content-range.js';

describe('the range of a chunk', () => {
  it.each([
    ['0-0', 0, 0],
    ['0-1023', 0, 1023],
    ['1024-2047', 1024, 2047],
    [' 5-9 ', 5, 9],
    ['bytes 0-9/10', 0, 9],
    ['bytes 0-9/*', 0, 9],
    ['Bytes 5-9/100', 5, 9],
  ])('UPL-12, UPL-13: reads %j', (header, start, end) => {
    expect(parseContentRange(header)).toEqual({ start, end });
  });

  it.each([
    ...['', '-', '0-', '-5', '5', '9-5', '0--1', 'a-b', '0-0x9', '1.5-2', '0 - 9', '0-9,10-19', '0-9/10', '+1-2'],
    ...['bytes=0-9', 'bytes 0-9', 'bytes 0-9/', 'bytes 0-9/9', 'bytes */10', 'items 0-9/10', '0-9\n1-2'],
  ])('UPL-13: does not read %j', (header) => {
    expect(parseContentRange(header)).toBeUndefined();
  });

  it('limit chunk-position: is read to the largest position that is exact, and no further', () => {
    expect(parseContentRange('0-9007199254740991')).toEqual({ start: 0, end: Number.MAX_SAFE_INTEGER });
    for (const end of ['9007199254740992', '99999999999999999999']) {
      expect(parseContentRange(`0-${end}`)).toBeUndefined();
      expect(parseContentRange(`bytes 0-${end}/*`)).toBeUndefined();
    }
  });

  it('is read back from either form', () => {
    const position = fc.maxSafeNat();
    fc.assert(
      fc.property(position, position, (a, b) => {
        const [start, end] = [Math.min(a, b), Math.max(a, b)];
        for (const header of [`${start}-${end}`, `bytes ${start}-${end}/*`]) {
          expect(parseContentRange(header)).toEqual({ start, end });
        }
        expect(parseContentRange(`${end + 1}-${start}`)).toBeUndefined();
      }),
    );
  });

  it('of any text is a range or nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0159-/* bytes=') }), (text) => {
        const range = parseContentRange(text);
        expect(range === undefined || range.start <= range.end).toBe(true);
      }),
    );
  });
});
