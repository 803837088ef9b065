import { IpNetworks } from './ip-networks.js';

const networks = new IpNetworks([
  '127.0.0.1',
  '10.0.0.0/8',
  '::1',
  'fd00::/64',
  '192.0.2.77/31',
  '::ffff:198.51.100.0/120',
]);

it.each(['127.0.0.1', '10.0.0.0', '10.255.255.255', '::1', 'fd00::ffff:1', '192.0.2.76', '198.51.100.9'])(
  'has %s',
  (address) => {
    expect(networks.has(address)).toBe(true);
  },
);

it.each(['127.0.0.2', '11.0.0.0', '::2', 'fd00:0:0:1::1', '192.0.2.78', '198.51.101.0', ''])(
  'has not %j',
  (address) => {
    expect(networks.has(address)).toBe(false);
  },
);

it('has nothing when it is made of nothing, and everything when it is made of that', () => {
  expect(['127.0.0.1', '::1'].map((address) => new IpNetworks([]).has(address))).toEqual([false, false]);
  const all = new IpNetworks(['0.0.0.0/0', '::/0']);
  expect(['127.0.0.1', '2001:db8::1'].map((address) => all.has(address))).toEqual([true, true]);
});
