import type { IncomingMessage } from 'node:http';

const ABSOLUTE = /^https?:\/\/([^/?]*)(.*)$/is;

/**
 * Turns a request's target from the absolute form into the path that it means, and its Host into the one it names
 * (RFC 9112 section 3.2.2: a server must accept that form, and Host must not count beside it). What names no server at
 * all, `http:///v2/`, stays as it is.
 */
export function takeAbsoluteForm(req: IncomingMessage): void {
  const target = req.url ?? '';
  if (target.startsWith('/')) return;
  const [, host, path = ''] = ABSOLUTE.exec(target) ?? [];
  if (!host) return;
  req.headers.host = host;
  // Without a path OPTIONS asks about the server as a whole (section 3.2.4).
  if (path === '' && req.method === 'OPTIONS') req.url = '*';
  else req.url = path.startsWith('/') ? path : `/${path}`;
}
