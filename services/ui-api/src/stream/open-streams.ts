import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Logger } from '@lading/platform';
import { ApiError } from '../http/api-error.js';

/** Answers without an end in one process. Each holds a page of events while its reader is slow. */
const MOST_STREAMS = 1_000;

/** Milliseconds that a reader may take nothing before it is cut off: it comes again with its cursor. */
const STALL_MS = 30_000;

/** Seconds after which a reader that finds no room asks again. */
const RETRY_AFTER_SECONDS = 10;

/** Answers that are written as they come about, each no faster than its reader reads. */
export class OpenStreams {
  private readonly open = new Set<AbortController>();
  private stopping = false;

  /** @param stallMs for specs. */
  constructor(
    private readonly logger: Logger,
    private readonly stallMs = STALL_MS,
  ) {}

  /** @throws ApiError 503 when there are as many as may be, or the service stops. */
  assertRoom(): void {
    if (!this.stopping && this.open.size < MOST_STREAMS) return;
    const why = this.stopping ? 'the server stops' : 'too many readers at once';
    throw new ApiError(503, why, { 'Retry-After': String(RETRY_AFTER_SECONDS) });
  }

  /**
   * Writes what `make` makes, after the head. The next piece is asked for once the last one is on its way, so that there is never more
   * than one in memory. An answer that fails, or that the stop of the service cuts short, is cut, not ended, unless
   * `mayEndAnywhere`; a reader can tell a whole one.
   *
   * @param make is given a signal that aborts when the reader is gone or the service stops.
   */
  async send(
    res: ServerResponse,
    head: Readonly<Record<string, string>>,
    make: (signal: AbortSignal) => AsyncIterable<string>,
    { mayEndAnywhere = false } = {},
  ): Promise<void> {
    const stop = new AbortController();
    const leave = () => stop.abort();
    this.open.add(stop);
    res.once('close', leave);
    // Both may have happened while the first piece was made.
    if (this.stopping || res.closed) leave();
    try {
      res.writeHead(200, head);
      for await (const piece of make(stop.signal)) {
        if (stop.signal.aborted) break;
        await this.write(res, piece, stop.signal);
      }
      if (stop.signal.aborted && !mayEndAnywhere) res.destroy();
      else res.end();
    } catch (err) {
      if (!res.closed) this.logger.warn({ err }, 'a stream was cut');
      res.destroy();
    } finally {
      res.off('close', leave);
      this.open.delete(stop);
    }
  }

  /** Ends those that run, and lets none begin. */
  endAll(): void {
    this.stopping = true;
    for (const stop of this.open) stop.abort();
  }

  private async write(res: ServerResponse, piece: string, signal: AbortSignal): Promise<void> {
    if (res.write(piece)) return;
    const stall = AbortSignal.timeout(this.stallMs);
    await once(res, 'drain', { signal: AbortSignal.any([signal, stall]) }).catch((error: unknown) => {
      if (!signal.aborted) throw new Error('the reader takes nothing', { cause: error });
    });
  }
}
