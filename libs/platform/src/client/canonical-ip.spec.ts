import { canonicalIp } from './canonical-ip.js';

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['::1', '::1'],
  ['fe80::1%eth0', 'fe80::1'],
])('writes %s as %s', (text, address) => {
  expect(canonicalIp(text)).toBe(address);
});

it.each(['', 'localhost', '192.0.2', '192.0.2.256', '192.0.2.01', ' 192.0.2.1', '[::1]', '::1]', '::g', '1.2.3.4:80'])(
  'takes %j for no address',
  (text) => {
    expect(canonicalIp(text)).toBeUndefined();
  },
);
