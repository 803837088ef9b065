import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { type BlobKey, isBlobSender } from '@lading/blob-store';
import type { Range } from '../http/range.js';
import type { Headers, V2Request } from '../v2/v2-request.js';
import { BlobBytes } from './blob-bytes.js';

/** A reader that takes nothing for this long has gone away without saying so, milliseconds. */
const IDLE_MS = 60_000;

/**
 * Streams stored bytes, or a part of them. No database connection and no lock is held meanwhile. The length is that of
 * the database: bytes that are missing end the connection, never a short 200 (BLOB-18).
 */
export async function sendBytes(
  request: V2Request,
  bytes: BlobBytes,
  key: BlobKey,
  size: number,
  range: Exclude<Range, { kind: 'unsatisfiable' }>,
  headers: Headers,
): Promise<void> {
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: size - 1 };
  const answer = { ...headers, 'Content-Length': end - start + 1 };
  if (size === 0) return request.send(200, answer);
  const body = await bytes.read(key, size, start, end);
  const partial = range.kind === 'part';
  request.begin(
    partial ? 206 : 200,
    partial ? { ...answer, 'Content-Range': `bytes ${start}-${end}/${size}` } : answer,
  );
  if (Buffer.isBuffer(body)) request.res.end(body);
  else await stream(body, request.res);
}

/** Ends when the reader has everything or went away; either way the file is closed at once. */
function stream(body: Readable, res: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    res.setTimeout(IDLE_MS, () => res.destroy());
    const stop = (error?: Error) => {
      res.setTimeout(0);
      body.destroy();
      if (error) reject(error);
      else resolve();
    };
    // A client that went away while the file was opened has closed its side already.
    if (res.destroyed || res.closed) return stop();
    if (isBlobSender(body)) return void body.sendTo(res).catch(stop);
    body.once('error', stop);
    res.once('close', () => stop());
    body.pipe(res);
  });
}
