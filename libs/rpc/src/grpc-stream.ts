import { once } from 'node:events';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { Unavailable } from '@lading/oci';
// As a whole: dependency-cruiser takes `{ from } from` for a fault of the syntax.
import * as rx from 'rxjs';

type ServerCall = ServerWritableStream<unknown, unknown>;

/**
 * A use case's pages as Nest serves them. Nest writes what an observable gives and keeps what the peer does not take, all of it if
 * need be; so the next page is made when the last one is on its way. A peer that goes away ends the use case.
 *
 * @param stopping aborts when the service stops, which would wait for the last page.
 */
export function pacedStream(pages: AsyncIterable<unknown>, call: ServerCall, stopping: AbortSignal) {
  return rx.from(paced(pages, call, stopping));
}

async function* paced(pages: AsyncIterable<unknown>, call: ServerCall, stopping: AbortSignal) {
  const end = new AbortController();
  const abort = () => end.abort();
  call.once('cancelled', abort);
  stopping.addEventListener('abort', abort);
  if (call.cancelled || stopping.aborted) abort();
  try {
    for await (const page of pages) {
      if (end.signal.aborted) break;
      yield page;
      if (call.writableNeedDrain) await once(call, 'drain', { signal: end.signal }).catch(() => undefined);
      if (end.signal.aborted) break;
    }
  } finally {
    stopping.removeEventListener('abort', abort);
  }
  if (stopping.aborted) throw new Unavailable('the service stops');
}
