import { canonicalIp, IpNetworks } from '@lading/platform';

/**
 * Networks that are not the public internet (IANA special-purpose registries, RFC 6890 and later): this host, links, private
 * use, multicast, and forms of IPv6 that carry an IPv4 address.
 */
const SPECIAL = new IpNetworks([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...[
    '224.0.0.0/4',
    '240.0.0.0/4',
    '::/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
  ],
  ...['2002::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
]);

/** Whether an IP address is not one of the public internet. What is no address counts as private. */
export function isPrivateAddress(text: string): boolean {
  const address = canonicalIp(text);
  return address === undefined || SPECIAL.has(address);
}
