import type { IncomingMessage, ServerResponse } from 'node:http';

/** A client that sends nothing of a small body for this long counts as gone, milliseconds. */
const IDLE_MS = 60_000;

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
 * @throws BodyAborted when the client goes away.
 */
export async function readBody(req: IncomingMessage, res: ServerResponse, limit: number): Promise<Buffer | undefined> {
  if (Number(req.headers['content-length'] ?? 0) > limit) return undefined;
  if (req.destroyed) throw new BodyAborted('the client went away');
  acceptBody(req, res);
  const chunks: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const take = (chunk: Buffer) => {
      length += chunk.length;
      if (length > limit) return finish(undefined);
      chunks.push(chunk);
    };
    const end = () => finish(Buffer.concat(chunks, length));
    const gone = () => {
      stop();
      reject(new BodyAborted('the client went away'));
    };
    const stop = () => {
      req.setTimeout(0);
      req.off('data', take).off('end', end).off('close', gone).off('error', gone);
    };
    req.setTimeout(IDLE_MS, () => req.destroy());
    const finish = (body: Buffer | undefined) => {
      stop();
      if (body === undefined) req.pause();
      resolve(body);
    };
    req.on('data', take).once('end', end).once('close', gone).once('error', gone);
  });
}
