import fc from 'fast-check';
import { parseForwarded } from './parse-forwarded.js';

const read = (text: string) => parseForwarded(text)?.map((element) => Object.fromEntries(element));

it.each([
  ['for="_gazonk"', [{ for: '_gazonk' }]],
  ['For="[2001:db8:cafe::17]:4711"', [{ for: '[2001:db8:cafe::17]:4711' }]],
  ['for=192.0.2.60;proto=http;by=203.0.113.43', [{ for: '192.0.2.60', proto: 'http', by: '203.0.113.43' }]],
  ['for=192.0.2.43, for=198.51.100.17', [{ for: '192.0.2.43' }, { for: '198.51.100.17' }]],
  ['for=a;host="x:1, y; z"', [{ for: 'a', host: 'x:1, y; z' }]],
  [String.raw`for="a\"b\\c"`, [{ for: String.raw`a"b\c` }]],
  ['for=[::1]:80;host=a:5000', [{ for: '[::1]:80', host: 'a:5000' }]],
  [' for=a ;\tproto=b ,, , host=c ; ', [{ for: 'a', proto: 'b' }, { host: 'c' }]],
  ['for=', [{ for: '' }]],
  ['', []],
])('reads %j', (text, elements) => {
  expect(read(text)).toEqual(elements);
});

it.each(['for', 'for="a', 'for=a b', 'for="a"b', '=a', 'for=a;for=b', 'for=a, "', 'for = a', 'f(r=a'])(
  'gives nothing for %j',
  (text) => {
    expect(read(text)).toBeUndefined();
  },
);

it('reads back what it is given', () => {
  const value = fc.string({ unit: 'binary-ascii' }).filter((text) => !/[\r\n]/.test(text));
  const element = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), value, { minKeys: 1, noNullPrototype: true });
  fc.assert(
    fc.property(fc.array(element), (elements) => {
      const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
      const pairs = (one: Record<string, string>) =>
        Object.entries(one).map(([name, text]) => `${name}=${quote(text)}`);
      expect(read(elements.map((one) => pairs(one).join(';')).join(', '))).toEqual(elements);
    }),
  );
});

it('ends, however long and odd the header is', () => {
  const long = ['"', 'a=', ' ', 'a=b ', ';', 'for="', '\\"'].map((piece) => piece.repeat(60_000 / piece.length));
  for (const text of long.flatMap((one) => [one, `${one}(`, `a="${one}`]))
    expect(() => parseForwarded(text)).not.toThrow();
});
