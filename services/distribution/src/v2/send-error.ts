import { RangeNotSatisfiable, RetryLater, renderErrors } from '@lading/oci';
import { drain, isLarge } from '@lading/platform';
import { Challenged } from '../access/access.js';
import { MethodNotAllowed } from './method-not-allowed.js';
import type { V2Request } from './v2-request.js';

/** Renders what a handler threw: the one place on `/v2/` where an error becomes an answer. */
export function sendError(request: V2Request, error: unknown): void {
  const { req, res } = request;
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status, body } = renderErrors(error, request.id);
  const headers: Record<string, string> = { ...headersOf(error), ...uploadHeaders(request, error) };
  if (isLarge(req)) {
    request.sendJsonAndClose(status, body, headers, drain(req));
    return;
  }
  request.sendJson(status, body, headers);
  void drain(req).then((all) => all || req.socket.destroy());
}

function headersOf(error: unknown): Record<string, string> {
  if (error instanceof Challenged) return { 'WWW-Authenticate': error.header };
  if (error instanceof RetryLater) return { 'Retry-After': String(error.retryAfterSeconds) };
  if (error instanceof RangeNotSatisfiable && 'size' in error.data)
    return { 'Content-Range': `bytes */${error.data.size}` };
  if (error instanceof MethodNotAllowed) return { Allow: error.allow.join(', ') };
  return {};
}

/**
 * A chunk out of order: where the upload stands. Only once bytes were received, because clients go on at the end of the
 * range plus one, and `0-0` would make them skip the first byte (UPL-15).
 */
function uploadHeaders({ path }: V2Request, error: unknown): Record<string, string> {
  const offset = error instanceof RangeNotSatisfiable ? Number(error.data.offset ?? 0) : 0;
  if (path.route !== 'upload' || offset === 0) return {};
  return { Location: `/v2/${path.name}/blobs/uploads/${path.id}`, Range: `0-${offset - 1}` };
}
