import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyBytes } from './body-bytes.js';

/** Milliseconds. A client that sends nothing of a small body for `idle` counts as gone, and a body that is not whole after `whole`. */
export const BODY_PATIENCE = { idleMs: 60_000, wholeMs: 5 * 60_000 };

/** A body that is not worth buffering: it stopped before its end. */
export class BodyAborted extends Error {}

/**
 * Lets the client send: answers a waiting `Expect: 100-continue` now that the request was found worth its body
 * (HTTP-21).
 */
export function acceptBody(req: IncomingMessage, res: ServerResponse): void {
  if (req.headers.expect?.toLowerCase() === '100-continue' && !res.headersSent) res.writeContinue();
}

/**
 * A whole body of at most `limit` bytes. Undefined for a longer one, as soon as that is known: the declared length is
 * looked at, and the bytes are counted (MAN-22).
 *
 * @throws BodyAborted when the client goes away, or sends too slowly to be waited for; its connection is closed then.
 */
export async function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  limit: number,
  { idleMs, wholeMs } = BODY_PATIENCE,
): Promise<Buffer | undefined> {
  if (Number(req.headers['content-length'] ?? 0) > limit) return undefined;
  if (req.destroyed) throw new BodyAborted('the client went away');
  acceptBody(req, res);
  const body = new BodyBytes();
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => req.destroy(), wholeMs);
    const take = (piece: Buffer) => {
      if (body.length + piece.length > limit) return finish(undefined);
      body.add(piece);
    };
    const end = () => finish(body.whole());
    const gone = () => {
      stop();
      reject(new BodyAborted('the client went away'));
    };
    const stop = () => {
      clearTimeout(late);
      req.setTimeout(0);
      req.off('data', take).off('end', end).off('close', gone).off('error', gone);
    };
    req.setTimeout(idleMs, () => req.destroy());
    const finish = (whole: Buffer | undefined) => {
      stop();
      if (whole === undefined) req.pause();
      resolve(whole);
    };
    req.on('data', take).once('end', end).once('close', gone).once('error', gone);
  });
}
