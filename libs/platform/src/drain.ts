import type { IncomingMessage } from 'node:http';

/** A rest of a body up to here is read, so that the connection stays usable. */
const SMALL_REST_BYTES = 4 * 1024 * 1024;

/** What is read at most of a body that nobody wants, so that the client sees the answer and not a reset connection. */
export const DRAINED = { mostBytes: 256 * 1024 * 1024, mostMs: 5_000 };

/**
 * Reads and throws away what is left of a body that was answered before it was read (HTTP-20). Settles at its end, or
 * when it is too long or too slow, and never fails.
 *
 * @returns true when all of it was read.
 */
export function drain(req: IncomingMessage, { mostBytes, mostMs } = DRAINED): Promise<boolean> {
  if (req.complete || req.destroyed) return Promise.resolve(req.complete);
  return new Promise((resolve) => {
    let left = mostBytes;
    const count = (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) done();
    };
    const done = () => {
      clearTimeout(timer);
      req.off('data', count);
      resolve(req.complete);
    };
    const timer = setTimeout(done, mostMs);
    timer.unref();
    req.on('data', count).once('end', done).once('close', done).once('error', done);
    req.resume();
  });
}

/** True when the body may be large: the answer then closes the connection, so that the client stops sending. */
export function isLarge(req: IncomingMessage): boolean {
  if (req.complete) return false;
  if (req.headers['transfer-encoding'] !== undefined) return true;
  return Number(req.headers['content-length'] ?? 0) > SMALL_REST_BYTES;
}
