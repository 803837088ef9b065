import { UriTooLong } from '@lading/oci';
import fc from 'fast-check';
import { MAX_QUERY_PARAMETERS, parseQuery } from './query.js';

const many = (count: number) => Array.from({ length: count }, (_, at) => `tag=v${at}`).join('&');

describe('a query', () => {
  it('keeps repeated values in order and gives the first', () => {
    const query = parseQuery('?tag=b&n=1&tag=a&tag=b');
    expect(query.getAll('tag')).toEqual(['b', 'a', 'b']);
    expect([query.get('tag'), query.get('n'), query.get('last')]).toEqual(['b', '1', null]);
  });

  it.each([
    ['digest=sha256%3Aab', 'sha256:ab'],
    ['digest=sha256:ab', 'sha256:ab'],
    ['digest=a+b%2Bc%20d', 'a b+c d'],
    ['%64igest=a%252Bb', 'a%2Bb'],
    ['digest=a=b', 'a=b'],
    ['digest', ''],
    ['&&digest=x&&', 'x'],
    ['digest=%zz%', '%zz%'],
    ['digest=%ff', '\uFFFD'],
  ])('reads %j', (search, value) => {
    expect(parseQuery(search).get('digest')).toBe(value);
  });

  it('may be empty', () => {
    expect(['', '?'].map((search) => parseQuery(search).size)).toEqual([0, 0]);
  });

  it('gives back every list of pairs', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 20 }), (pairs) => {
        const search = pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&');
        const isEmpty = (pair: [string, string]) => pair[0] === '' && pair[1] === '';
        expect([...parseQuery(`?${search}`)].filter((pair) => !isEmpty(pair))).toEqual(
          pairs.filter((pair) => !isEmpty(pair)),
        );
      }),
    );
  });

  it('has as many parameters as the limit and no more', () => {
    expect(parseQuery(many(MAX_QUERY_PARAMETERS)).size).toBe(MAX_QUERY_PARAMETERS);
    expect(() => parseQuery(many(MAX_QUERY_PARAMETERS + 1))).toThrow(UriTooLong);
  });
});
