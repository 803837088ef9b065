import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { takeAbsoluteForm } from './request-target.js';

export type HttpListener = (req: IncomingMessage, res: ServerResponse) => void;

/** Which listener answers the paths that begin with one of the prefixes. */
export interface FrontRoute {
  readonly prefixes: readonly string[];
  readonly listener: HttpListener;
  /**
   * Bodies are small and always wanted: `Expect: 100-continue` is answered here, and a body that is not whole after
   * `SMALL_BODY_MS` ends its connection. Otherwise the listener sees to both.
   */
  readonly smallBodies?: boolean;
}

/** Milliseconds. */
const SMALL_BODY_MS = 30_000;

/**
 * Limits of every HTTP listener of the product. No limit on a whole request, because a layer takes as long as it takes;
 * idle bodies have limits of their own. Connections are kept for longer than load balancers keep theirs, so that a reused
 * one is not closed in the same moment. Headers may hold a token with many scopes.
 */
const LIMITS = { requestTimeout: 0, keepAliveTimeout: 75_000, headersTimeout: 80_000, maxHeaderSize: 64 * 1024 };

/**
 * One HTTP server in front of several applications. They see paths only: a target in absolute form is turned into one,
 * and one that means the server as a whole is answered here. `Expect: 100-continue` is left to the listener, which
 * answers it once it knows that the body is wanted.
 *
 * @param routes the longest matching prefix wins; a path that none matches is answered 404.
 */
export function createFront(routes: readonly FrontRoute[], { smallBodyMs = SMALL_BODY_MS } = {}): Server {
  const pairs = routes
    .flatMap((route) => route.prefixes.map((prefix) => ({ prefix, ...route })))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const answer: HttpListener = (req, res) => {
    takeAbsoluteForm(req);
    const path = req.url ?? '/';
    if (path === '*') return answerForServer(req, res);
    const found = pairs.find(({ prefix }) => isBelow(path, prefix));
    if (!found) return void res.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"not found"}');
    if (found.smallBodies) takeSmallBody(req, res, smallBodyMs);
    found.listener(req, res);
  };
  return createServer(LIMITS, answer).on('checkContinue', answer);
}

/** What was asked of no path but of the server as a whole (RFC 9110 section 9.3.7); only OPTIONS can be. */
function answerForServer(req: IncomingMessage, res: ServerResponse): void {
  if (req.method === 'OPTIONS') res.writeHead(204, { Allow: 'DELETE, GET, HEAD, PATCH, POST, PUT' }).end();
  else res.writeHead(400, { 'Content-Type': 'application/json' }).end('{"error":"* is for OPTIONS alone"}');
}

function takeSmallBody(req: IncomingMessage, res: ServerResponse, withinMs: number): void {
  if (req.headers.expect?.toLowerCase() === '100-continue') res.writeContinue();
  const timer = setTimeout(() => req.complete || req.destroy(), withinMs);
  timer.unref();
  req.once('close', () => clearTimeout(timer));
}

/** `/v2` is below `/v2`, and so are `/v2/x` and `/v2?x`; `/v2x` is not. */
function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path[prefix.length];
  return next === undefined || next === '/' || next === '?' || prefix.endsWith('/');
}

/** Listens, and gives the port: the one asked for, or a free one for 0. @throws what `listen` emits, such as EADDRINUSE */
export function listenOn(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * Takes no new connections, lets requests in flight end, and resolves when the last connection is closed.
 *
 * A connection that is kept alive counts as open, so each is closed as soon as nothing is in flight on it: with the answer
 * to a request that comes after this call, else when it is found idle.
 */
export function closeFront(server: Server): Promise<void> {
  const isLast: HttpListener = (_req, res) => {
    res.shouldKeepAlive = false;
  };
  server.prependListener('request', isLast).prependListener('checkContinue', isLast);
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    server.close(() => {
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** How long a stop waits at most for a connection whose last answer is out. */
const IDLE_CHECK_MS = 50;
