import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { canonicalIp } from './canonical-ip.js';
import type { IpNetworks } from './ip-networks.js';
import { type ForwardedElement, parseForwarded } from './parse-forwarded.js';
import { parseUrlHost } from './url-host.js';

// Who sent a request, and under which address that client sees this server.
//
// Headers of proxies count only when the connection comes from a trusted proxy. Each proxy adds to the right of what it
// was sent, so the lists are read from the right: the last entry was written by the peer; the one before it by whoever
// that entry names, and so on as long as that is a trusted proxy too. The first address that is not one is the client's,
// and whatever stands further left is the client's own invention. What is no address (`unknown`, `_hidden`, garbage) ends
// the walk, and the request counts as that last proxy's: such a name may change with every request, and guesses at
// passwords are counted by address.
//
// `Forwarded` and the `X-Forwarded` headers are read apart. A proxy writes one kind and often lets the other pass as the
// client sent it, so what both tell is believed only where they agree.

/** How the client and this server look from each other's side. */
export interface ClientView {
  /** Address of the client in canonical form; empty when the connection is already gone. */
  readonly address: string;
  readonly scheme: 'http' | 'https';
  /** Host and port to write into a URL for this client, without the scheme's own port; undefined: no valid one was sent. */
  readonly host: string | undefined;
}

/** What one kind of headers tells. */
interface Told {
  readonly address?: string | undefined;
  readonly scheme?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}

/**
 * Never throws, whatever the headers hold.
 *
 * @param peer address at the other end of the connection
 * @param trusted the proxies (`LADING_TRUSTED_PROXIES`)
 */
export function clientView(headers: IncomingHttpHeaders, peer: string | undefined, trusted: IpNetworks): ClientView {
  const address = canonicalIp(peer ?? '') ?? '';
  const told = trusted.has(address) ? toldByProxies(headers, address, trusted) : {};
  const scheme = told.scheme === 'https' ? 'https' : 'http';
  return {
    address: told.address ?? address,
    scheme,
    host: hostFor(scheme, told.host ?? headers.host ?? '', told.port),
  };
}

/** `clientView` of a request, of which it has to be asked before its connection ends. */
export function clientOf(req: IncomingMessage, trusted: IpNetworks): ClientView {
  return clientView(req.headers, req.socket.remoteAddress, trusted);
}

/** @param forwardedPort counts where the host names no port: proxies that pass it on without one tell it apart */
function hostFor(scheme: ClientView['scheme'], text: string, forwardedPort = ''): string | undefined {
  const host = parseUrlHost(text);
  if (host === undefined) return undefined;
  const port = host.port ?? portOf(forwardedPort);
  return port === undefined || port === (scheme === 'https' ? 443 : 80) ? host.name : `${host.name}:${port}`;
}

function portOf(text: string): number | undefined {
  return parseUrlHost(`x:${text}`)?.port;
}

function toldByProxies(headers: IncomingHttpHeaders, peer: string, trusted: IpNetworks): Told {
  const x = toldByX(headers, peer, trusted);
  if (headers.forwarded === undefined) return x;
  const elements = parseForwarded(headers.forwarded);
  if (elements === undefined) return {};
  const forwarded = toldByForwarded(elements, peer, trusted);
  return {
    address: agreed(x.address, forwarded.address),
    scheme: agreed(x.scheme, forwarded.scheme),
    host: agreed(x.host, forwarded.host),
    port: x.port,
  };
}

function agreed(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one === other ? one : undefined;
}

function toldByX(headers: IncomingHttpHeaders, peer: string, trusted: IpNetworks): Told {
  const chain = listOf(headers['x-forwarded-for']);
  const { address, proxies } = walk(chain, peer, trusted);
  // Some proxies add to these lists, others write them anew: the value of the outermost trusted proxy, or the nearest.
  const outermost = (name: string) => {
    const values = listOf(headers[name]);
    return values[Math.max(values.length - proxies, 0)];
  };
  return {
    address: chain.length > 0 ? address : undefined,
    scheme: schemeOf(outermost('x-forwarded-proto')),
    host: hostOf(outermost('x-forwarded-host')),
    port: outermost('x-forwarded-port'),
  };
}

function toldByForwarded(elements: readonly ForwardedElement[], peer: string, trusted: IpNetworks): Told {
  const chain = elements.map((element) => element.get('for') ?? 'unknown');
  const { address, proxies } = walk(chain, peer, trusted);
  const believed = elements.slice(-proxies);
  const outermost = (name: string) => believed.find((element) => element.has(name))?.get(name);
  return {
    address: elements.some((element) => element.has('for')) ? address : undefined,
    scheme: schemeOf(outermost('proto')),
    host: hostOf(outermost('host')),
  };
}

/** @returns the client's address, and how many trusted proxies the request came through, the peer among them. */
function walk(chain: readonly string[], peer: string, trusted: IpNetworks): { address: string; proxies: number } {
  let address = peer;
  let proxies = 1;
  for (let at = chain.length - 1; at >= 0; at--) {
    const next = nodeAddress(chain[at] ?? '');
    if (next === undefined) break;
    address = next;
    if (!trusted.has(next)) break;
    proxies += 1;
  }
  return { address, proxies };
}

/** The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` and `[2001:db8::1]:_port`. */
function nodeAddress(text: string): string | undefined {
  const [, ipv6, ipv4] = /^(?:\[([^\]]*)\]|([\d.]+))(?::[\w.-]+)?$/.exec(text) ?? [];
  return canonicalIp(ipv6 ?? ipv4 ?? text);
}

function schemeOf(text: string | undefined): string | undefined {
  const scheme = text?.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

/** A host that may not be repeated counts as not told. */
function hostOf(text: string | undefined): string | undefined {
  return text !== undefined && parseUrlHost(text) !== undefined ? text : undefined;
}

/** The entries of a list header, without the quotes that some proxies put around them. */
function listOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  const entries = String(header).split(',');
  return entries.map((entry) => entry.trim().replace(/^"(.*)"$/, '$1')).filter((entry) => entry !== '');
}
