import fc from 'fast-check';
import { scanJson } from './scan-json.js';

describe('the outline of a JSON text', () => {
  it.each([
    ['{}', 1, 1, 0, []],
    ['[]', 1, 1, 0, []],
    ['"{[{,["', 0, 0, 0, []],
    ['{"a":1,"a":2}', 1, 2, 2, ['a', 'a']],
    [' { "a" : "b" , "c" : [ "d" , { "e" : "f" } ] , "g" : { "h" : 1 } } ', 3, 7, 3, ['a', 'c', 'g']],
    ['["a","b",{"c":"d"},"e"]', 2, 5, 1, []],
    ['{"a":{"b":{},"c":["d","e","f"],"g":"h"},"i":1}', 3, 9, 3, ['a', 'i']],
    ['{"a":[1,"b"],"c":[[2,"d"]]}', 3, 7, 2, ['a', 'c']],
    [String.raw`{"med\u0069aType":"\"}{","b":"\\","c":"\\\"","d":1}`, 1, 4, 4, ['mediaType', 'b', 'c', 'd']],
  ])('of %s is depth %i, %i parts, %i members and its outermost keys', (text, depth, parts, members, keys) => {
    expect(scanJson(text)).toEqual({ depth, parts, members, keys });
  });

  it('has the keys, the depth and the members of every object that JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.boolean(), (value, spaced) => {
        const text = JSON.stringify(value, undefined, spaced ? 2 : 0);
        const outline = scanJson(text);
        expect(new Set(outline.keys)).toEqual(new Set(Object.keys(JSON.parse(text))));
        expect(outline.depth).toBe(depthOf(JSON.parse(text)));
        expect(outline.members).toBe(membersOf(JSON.parse(text)));
      }),
    );
  });

  it('ends on any text', () => {
    const near = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', 'a', '\\u12') });
    fc.assert(fc.property(near, (text) => scanJson(text).depth <= text.length));
  });

  it('takes linear time for quotes and backslashes', () => {
    const texts = [`{"${'\\"'.repeat(1_000_000)}"}`, `"${'\\'.repeat(2_000_000)}`, '"'.repeat(2_000_001)];
    for (const text of texts) {
      const from = process.cpuUsage().user;
      scanJson(text);
      expect(process.cpuUsage().user - from).toBeLessThan(1_000_000);
    }
  });
});

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value);
  return Math.max(Array.isArray(value) ? 0 : inside.length, ...inside.map(membersOf));
}
