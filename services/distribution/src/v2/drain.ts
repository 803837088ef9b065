import type { IncomingMessage, ServerResponse } from 'node:http';

/** What is read of a body that nobody wants, so that the client sees the answer and not a reset connection. */
const MOST_DRAINED_BYTES = 4 * 1024 * 1024;
const MOST_DRAINED_MS = 5_000;

/**
 * Ends an exchange that was answered before its body was read (HTTP-20): a small rest is read and thrown away, and the
 * connection stays usable; a large or slow one is cut.
 */
export function drain(req: IncomingMessage, res: ServerResponse): void {
  if (req.complete || req.destroyed) return;
  let left = MOST_DRAINED_BYTES;
  const cut = () => req.socket.destroy();
  const timer = setTimeout(cut, MOST_DRAINED_MS);
  timer.unref();
  const done = () => clearTimeout(timer);
  req.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) cut();
  });
  req.once('end', done).once('close', done);
  const start = () => req.resume();
  if (res.writableFinished) start();
  else res.once('finish', start);
}

/** True when a body is announced that is larger than what would be drained: the answer then closes the connection. */
export function isTooLargeToDrain(req: IncomingMessage): boolean {
  if (req.complete) return false;
  if (req.headers['transfer-encoding'] !== undefined) return true;
  return Number(req.headers['content-length'] ?? 0) > MOST_DRAINED_BYTES;
}
