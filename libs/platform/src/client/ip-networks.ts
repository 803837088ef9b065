import { BlockList, isIPv6 } from 'node:net';

/** A set of IP addresses, given as addresses and networks. */
export class IpNetworks {
  private readonly list = new BlockList();
  private readonly isEmpty: boolean;

  /** @param entries as the parser `networks` lets them through, such as `10.0.0.0/8` and `::1` */
  constructor(entries: readonly string[]) {
    this.isEmpty = entries.length === 0;
    for (const entry of entries) {
      const [address = '', bits] = entry.split('/');
      const family = familyOf(address);
      if (bits === undefined) this.list.addAddress(address, family);
      else this.list.addSubnet(address, Number(bits), family);
    }
  }

  /** @param address in canonical form (`canonicalIp`); anything else is in no network */
  has(address: string): boolean {
    return !this.isEmpty && address !== '' && this.list.check(address, familyOf(address));
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
