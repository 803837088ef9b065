import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { clientErrors, endWith } from './client-error.js';
import { ConnectionTurns } from './connection-turns.js';
import { answerPlainly } from './plain-answer.js';
import { faultOf } from './request-fault.js';
import { takeAbsoluteForm } from './request-target.js';
import { SAFE_HEADERS } from './safe-headers.js';

export type HttpListener = (req: IncomingMessage, res: ServerResponse) => void;

/** Which listener answers the paths that begin with one of the prefixes. */
export interface FrontRoute {
  readonly prefixes: readonly string[];
  readonly listener: HttpListener;
  /** Bodies are small: one that is not whole after `smallBodyMs` ends its connection. Otherwise the listener sees to it. */
  readonly smallBodies?: boolean;
}

/** Milliseconds. */
export interface FrontTimes {
  /** Within which a small body is whole. */
  readonly smallBodyMs: number;
  /** Within which the headers of a request are whole, counted from the connection's start or the request's first byte. */
  readonly headersMs: number;
  /** Between two looks at the connections whose headers are late. */
  readonly checkMs: number;
  /** After which a connection with nothing in flight is closed. */
  readonly idleMs: number;
}

/**
 * Connections are kept for longer than load balancers keep theirs, so that a reused one is not closed in the same moment
 * (HTTP-18).
 */
export const FRONT_TIMES: FrontTimes = { smallBodyMs: 30_000, headersMs: 80_000, checkMs: 15_000, idleMs: 75_000 };

/**
 * Limits of every HTTP listener of the product. No limit on a whole request, because a layer takes as long as it takes;
 * idle bodies have limits of their own. Headers may hold a token with many scopes. A missing Host is refused here, with a
 * body.
 */
const LIMITS = { requestTimeout: 0, maxHeaderSize: 64 * 1024, requireHostHeader: false };

/**
 * One HTTP server in front of several applications. They see paths only: a target in absolute form is turned into one,
 * and one that means the server as a whole is answered here. `Expect: 100-continue` is left to the listener, which
 * answers it once it knows that the body is wanted.
 *
 * Requests of one connection are served one after the other (`ConnectionTurns`). What is no well-formed request is answered
 * here, in the shape of all errors, after the answers that are owed, and ends its connection. The number of
 * connections has no bound but the process's open files: an idle one costs some 20 KB, and any bound that is low enough
 * to matter would let a few hosts keep everybody out.
 *
 * @param routes the longest matching prefix wins; a path that none matches is answered 404.
 */
export function createFront(routes: readonly FrontRoute[], times: Partial<FrontTimes> = {}): Server {
  const { smallBodyMs, headersMs, checkMs, idleMs } = { ...FRONT_TIMES, ...times };
  const pairs = routes
    .flatMap((route) => route.prefixes.map((prefix) => ({ prefix, ...route })))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const turns = new ConnectionTurns();
  const answer: HttpListener = (req, res) => {
    // Nothing is upgraded here, and Node drops what came in one packet behind the wish for it: no request may follow.
    if (req.headers.upgrade !== undefined) res.shouldKeepAlive = false;
    turns.take(req, res, () => serve(req, res));
  };
  const serve: HttpListener = (req, res) => {
    const fault = faultOf(req);
    if (fault) return answerPlainly(req, res, { ...fault, close: true });
    takeAbsoluteForm(req);
    const path = req.url ?? '/';
    if (path === '*') return answerForServer(req, res);
    const found = pairs.find(({ prefix }) => isBelow(path, prefix));
    if (!found) return answerPlainly(req, res, { status: 404, message: 'there is nothing at this address' });
    if (found.smallBodies) limitSmallBody(req, smallBodyMs);
    found.listener(req, res);
  };
  const waits = { headersTimeout: headersMs, connectionsCheckingInterval: checkMs, keepAliveTimeout: idleMs };
  const server = createServer({ ...LIMITS, ...waits }, answer);
  server.maxHeadersCount = 0; // Else the rest is dropped in silence; `faultOf` counts.
  server.on('checkContinue', answer).on('clientError', clientErrors(turns));
  server.on('checkExpectation', (req, res) => turns.take(req, res, () => answerPlainly(req, res, UNEXPECTED)));
  server.on('connect', (_req, socket: Socket) =>
    turns.afterAnswers(socket, () => endWith(socket, 405, 'this is no proxy')),
  );
  return server;
}

const UNEXPECTED = { status: 417, message: 'the only expectation is 100-continue' };

/** What was asked of no path but of the server as a whole (RFC 9110 section 9.3.7); only OPTIONS can be. */
function answerForServer(req: IncomingMessage, res: ServerResponse): void {
  if (req.method !== 'OPTIONS') answerPlainly(req, res, { status: 400, message: '* is for OPTIONS alone' });
  else res.writeHead(204, { ...SAFE_HEADERS, Allow: 'DELETE, GET, HEAD, PATCH, POST, PUT' }).end();
}

function limitSmallBody(req: IncomingMessage, withinMs: number): void {
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
