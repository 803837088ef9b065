import type { IncomingMessage, ServerResponse } from 'node:http';
import { drain, isLarge } from './drain.js';
import { SAFE_HEADERS } from './safe-headers.js';

/** Headers of an answer that no application gave. */
export const PLAIN_HEADERS = {
  ...SAFE_HEADERS,
  'Cache-Control': 'no-store',
  'Content-Type': 'application/json',
} as const;

/** What every answer on `/v2/` has besides (BASE-06). */
export const V2_HEADERS = { 'Docker-Distribution-API-Version': 'registry/2.0' } as const;

/** A body in the shape of the distribution specification, which registry clients print. */
export function plainBody(message: string): Buffer {
  return Buffer.from(JSON.stringify({ errors: [{ code: 'UNSUPPORTED', message }] }));
}

/**
 * Answers a request without its application. The answer is whole before the rest of the body is looked at. Where the
 * connection is to be closed, as it always is after a large body, as much of that is read before as lets the client see
 * the answer (HTTP-20).
 */
export function answerPlainly(
  req: IncomingMessage,
  res: ServerResponse,
  answer: { readonly status: number; readonly message: string; readonly close?: boolean },
): void {
  const body = plainBody(answer.message);
  const close = answer.close || isLarge(req);
  res.writeHead(answer.status, {
    ...PLAIN_HEADERS,
    ...(req.url?.startsWith('/v2') && V2_HEADERS),
    'Content-Length': body.length,
    ...(close && { Connection: 'close' }),
  });
  if (req.method === 'HEAD') res.flushHeaders();
  else res.write(body);
  if (close) void drain(req).then(() => res.end());
  else res.end();
}
