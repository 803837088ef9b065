import type { IncomingMessage } from 'node:http';

/** Why a request is not looked at any further. */
export interface RequestFault {
  readonly status: 400 | 431 | 501 | 505;
  readonly message: string;
}

/** Headers of one request. Clients send a dozen; what is beyond Node's own bound would be dropped without a word. */
export const MAX_HEADERS = 256;

/** Of these Node takes the first, a proxy in front of us may take the last: two would mean two requests. */
const ONCE = ['host', 'authorization', 'content-type', 'content-range'] as const;

// RFC 3986 section 3.2.2, as far as a Host header has it: no user, no path, no spaces. Empty is allowed.
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/i;

/**
 * What is wrong with a request that the parser let through, but that two readers may understand in two ways (RFC 9112,
 * sections 2.3, 3.2, 6.1). Whoever answers one closes the connection: where its body ends is not certain.
 */
export function faultOf(req: IncomingMessage): RequestFault | undefined {
  const { rawHeaders, headers, httpVersion } = req;
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return fault(505, 'HTTP/1.1 is spoken here');
  if (rawHeaders.length > 2 * MAX_HEADERS) return fault(431, `a request has at most ${MAX_HEADERS} headers`);
  const twice = repeated(rawHeaders);
  if (twice) return fault(400, `the header ${twice} stands more than once`);
  const { host, 'transfer-encoding': coding } = headers;
  if (host === undefined && httpVersion === '1.1') return fault(400, 'the header host is missing');
  if (host !== undefined && !HOST.test(host)) return fault(400, 'the header host names no host');
  if (coding === undefined) return undefined;
  if (httpVersion === '1.0') return fault(400, 'HTTP/1.0 has no Transfer-Encoding');
  if (coding.trim().toLowerCase() === 'chunked') return undefined;
  return fault(501, 'the only transfer coding is chunked');
}

function fault(status: RequestFault['status'], message: string): RequestFault {
  return { status, message };
}

function repeated(rawHeaders: readonly string[]): string | undefined {
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const index = ONCE.findIndex((one) => one.length === name.length && one === name.toLowerCase());
    if (index < 0) continue;
    if (seen & (1 << index)) return ONCE[index];
    seen |= 1 << index;
  }
  return undefined;
}
