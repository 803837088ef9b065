import { isIPv6 } from 'node:net';

/**
 * The address by which guesses are counted: an IPv4 address, or the /64 of an IPv6 one, since whoever has one address
 * of such a network has all of them.
 */
export function clientNetwork(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const bare = address.split('%')[0] ?? '';
  if (!isIPv6(bare)) return address.slice(0, 64);
  const [head = '', tail] = bare.toLowerCase().split('::');
  const front = groups(head);
  const zeros = tail === undefined ? 0 : 8 - front.length - groups(tail).length;
  const all = [...front, ...Array<string>(Math.max(zeros, 0)).fill('0'), ...groups(tail ?? '')];
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}

/** Groups of 16 bits; a dotted tail counts for two. */
function groups(text: string): string[] {
  return text
    .split(':')
    .filter((group) => group !== '')
    .flatMap((group) => (group.includes('.') ? ['v4', 'v4'] : [group]));
}
