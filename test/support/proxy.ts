import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface ProxiedRequest {
  method: string;
  /** Path and query as sent. */
  path: string;
  headers: IncomingHttpHeaders;
  /** Body of a form, as of a POST to a token endpoint; empty for any other. */
  form: string;
  /** Answered status; 0 until the answer's head has come, and if it never does. */
  status: number;
}

export interface RecordingProxy {
  url: string;
  host: string;
  /** Every request so far, oldest first. */
  requests: ProxiedRequest[];
  close(): Promise<void>;
}

/** What a proxy does to a request beyond passing it on. */
export interface Meddling {
  /** Awaited before the request goes on. */
  before?(request: ProxiedRequest): Promise<void>;
  /** After how many bytes of its body the answer is cut off: 0 loses it head and all, `undefined` lets all through. */
  cutAfter?(request: ProxiedRequest): number | undefined;
  /** Speaks TLS with these, in PEM, and tells so in X-Forwarded-Proto. */
  tls?: { key: Buffer; cert: Buffer };
}

const FORM = 'application/x-www-form-urlencoded';
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection']);

/** What a proxy in front of the registry has to let through. */
const LIMITS = { requestTimeout: 0, maxHeaderSize: 64 * 1024 };

/**
 * A reverse proxy on a free port of 127.0.0.1 that writes down what passes. It streams both ways and leaves the Host
 * header as the client sent it, so that a token realm made from it leads back through the proxy.
 *
 * @param route from a request's path to the origin (`http://127.0.0.1:5000`) that answers it
 * @param meddling what happens to a request before it goes on, and to its answer
 */
export async function startProxy(route: (path: string) => string, meddling: Meddling = {}): Promise<RecordingProxy> {
  const requests: ProxiedRequest[] = [];
  const { tls } = meddling;
  const take = (req: IncomingMessage, res: ServerResponse) => {
    if (tls) req.rawHeaders.push('X-Forwarded-Proto', 'https');
    const entry = { method: req.method!, path: req.url!, headers: req.headers, form: '', status: 0 };
    requests.push(entry);
    const cutAfter = meddling.cutAfter?.(entry);
    const pass = () => forward(route(entry.path), req, res, entry, cutAfter);
    Promise.resolve(meddling.before?.(entry)).then(pass, (error: Error) => res.destroy(error));
  };
  const server = tls ? createTlsServer({ ...tls, ...LIMITS }, take) : createServer(LIMITS, take);
  server.listen(0, '127.0.0.1').unref(); // A failed test that does not close it must not keep jest from ending.
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${tls ? 'https' : 'http'}://${host}`,
    host,
    requests,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function forward(
  origin: string,
  req: IncomingMessage,
  res: ServerResponse,
  entry: ProxiedRequest,
  cutAfter: number | undefined,
): void {
  const headers = endToEnd(req.rawHeaders);
  const options = { method: req.method, path: entry.path, headers, setHost: false, agent: false as const };
  const upstream = request(origin, options, (answer) => {
    entry.status = answer.statusCode!;
    if (cutAfter === 0) {
      res.destroy();
      return;
    }
    res.writeHead(answer.statusCode!, answer.statusMessage, endToEnd(answer.rawHeaders));
    answer.once('error', () => res.destroy());
    if (cutAfter === undefined) answer.pipe(res);
    else passStart(answer, res, cutAfter);
  });
  upstream.once('error', () => res.writableEnded || res.destroy());
  // An answer that did not wait for the body ends the connection behind us; the client's goes on after the rest.
  upstream.once('close', () => req.unpipe(upstream).resume());
  // A client that goes away must be seen to go away behind us, too.
  res.once('close', () => res.writableFinished || upstream.destroy());
  if (req.headers['content-type']?.startsWith(FORM)) req.on('data', (piece: Buffer) => (entry.form += piece));
  req.pipe(upstream);
}

/** Passes the first bytes of an answer and then ends the connection, as a network that fails does. */
function passStart(answer: IncomingMessage, res: ServerResponse, bytes: number): void {
  let left = bytes;
  answer.on('data', (piece: Buffer) => {
    if (left <= 0) return;
    const last = piece.length >= left;
    res.write(piece.subarray(0, left), () => last && res.destroy());
    left -= piece.length;
  });
  answer.once('end', () => res.end()); // It was shorter than that.
}

/** A message's headers as they came, but for those that speak of one connection only. */
function endToEnd(raw: string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < raw.length; at += 2)
    if (!HOP_BY_HOP.has(raw[at]!.toLowerCase())) kept.push(raw[at]!, raw[at + 1]!);
  return kept;
}
