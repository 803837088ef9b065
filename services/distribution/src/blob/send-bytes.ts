import type { BlobKey } from '@lading/blob-store';
import type { Range } from '../http/range.js';
import type { Headers, V2Request } from '../v2/v2-request.js';
import { BlobBytes } from './blob-bytes.js';
import { streamBody } from './stream-body.js';

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
  else await streamBody(body, request.res);
}
