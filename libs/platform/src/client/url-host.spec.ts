import fc from 'fast-check';
import { parseUrlHost } from './url-host.js';

it.each([
  ['registry.example.com', 'registry.example.com', undefined],
  ['Registry.Example.com.:5000', 'Registry.Example.com.', 5000],
  ['my_registry:1', 'my_registry', 1],
  ['192.0.2.1:65535', '192.0.2.1', 65_535],
  ['[::1]', '[::1]', undefined],
  ['[2001:db8::1]:5000', '[2001:db8::1]', 5000],
])('reads %j', (text, name, port) => {
  expect(parseUrlHost(text)).toEqual({ name, port });
});

it.each([
  '',
  ':5000',
  'a:',
  'a:0',
  'a:65536',
  'a:5x',
  'a:1:2',
  '::1',
  '[::1',
  '[::g]',
  '[1.2.3.4]',
  '[fe80::1%eth0]',
  'a b',
  'a/b',
  'user@a',
  'a"b',
  'a,b',
  'a\r\nb',
  '.',
  '999.1.1.1',
  'xn--a',
  'a..b',
  `${'a'.repeat(254)}`,
])('takes %j for no host', (text) => {
  expect(parseUrlHost(text)).toBeUndefined();
});

it('gives nothing that ends a URL’s authority or a quoted string', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      const host = parseUrlHost(text);
      if (host) expect(new URL(`http://x/${host.name}`).pathname).toBe(`/${host.name}`);
      expect(host?.name ?? '').not.toMatch(/["\\/?#@,\s]/);
    }),
  );
});
