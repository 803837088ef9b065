import { type LookupAddress, type LookupOptions, lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPrivateAddress } from './private-addresses.js';

/** A redirect leads where it may not. */
export class RedirectRefused extends Error {
  override readonly name = 'RedirectRefused';
}

const REFUSED = 'the redirect leads to a private address';

/** @throws RedirectRefused for a host that is written as a private address: it is never looked up. */
export function assertPublicHost(hostname: string): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) !== 0 && isPrivateAddress(address)) throw new RedirectRefused(REFUSED);
}

/**
 * Looks up a name for a connection, which goes to the very address that is judged here. One private address among several
 * is enough to refuse.
 */
export const publicLookup: LookupFunction = (hostname, options, done) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return done(error, '');
    if (found.length === 0 || found.some(({ address }) => isPrivateAddress(address))) {
      return done(new RedirectRefused(REFUSED), '');
    }
    return answer(found, options, done);
  });
};

function answer(found: readonly LookupAddress[], options: LookupOptions, done: Parameters<LookupFunction>[2]): void {
  const [first] = found as [LookupAddress];
  if (options.all) done(null, [...found]);
  else done(null, first.address, first.family);
}
