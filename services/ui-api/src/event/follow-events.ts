import { type EventFeed, type FeedPage, toCloudEvent } from '@lading/events';
import type { Caller } from '../access/caller.js';
import type { Callers } from '../access/callers.js';
import { ApiError } from '../http/api-error.js';
import type { HeadWatch } from './head-watch.js';
import type { Installation } from './installation.js';
import { readPage } from './read-page.js';

/** Events read at once for one reader. */
const PAGE = 100;

/** Milliseconds of silence after which a reader is told that the connection lives; proxies cut at 60 s and more. */
const HEARTBEAT_MS = 15_000;

/** Milliseconds after which a reader's right is looked at again. */
const RECHECK_MS = 60_000;

/** Milliseconds after which a browser connects again. */
const RETRY_MS = 1_000;

/** The feed as server-sent events (WHATWG HTML, section 9.2), from a cursor on and without an end. */
export class FollowEvents {
  constructor(
    private readonly feed: EventFeed,
    private readonly watch: HeadWatch,
    private readonly installation: Installation,
    private readonly callers: Callers,
  ) {}

  /**
   * Reads the first page before anything is answered, because a cursor that is gone is answered with a status.
   *
   * @returns what makes the stream; it ends with the signal, and with the caller's right.
   * @throws ApiError 400, 410
   */
  async execute(after: string | undefined, caller: Caller): Promise<(signal: AbortSignal) => AsyncIterable<string>> {
    const installation = await this.installation.id();
    const first = await readPage(this.feed, after, PAGE);
    return (signal) => this.texts(first, installation, caller, signal);
  }

  private async *texts(first: FeedPage, installation: string, caller: Caller, signal: AbortSignal) {
    let page = first;
    let checkedAt = performance.now();
    yield `retry: ${RETRY_MS}\n\n`;
    while (!signal.aborted) {
      yield textOf(page, installation);
      if (page.events.length === 0) await this.watch.moved(page.next, HEARTBEAT_MS, signal);
      if (signal.aborted) return;
      if (performance.now() - checkedAt > RECHECK_MS) {
        if (!(await this.isStillWelcome(caller))) return;
        checkedAt = performance.now();
      }
      page = await readPage(this.feed, page.next, PAGE);
    }
  }

  private async isStillWelcome(caller: Caller): Promise<boolean> {
    try {
      await this.callers.assertAdministrator(caller);
      return true;
    } catch (error) {
      if (error instanceof ApiError) return false;
      throw error;
    }
  }
}

/** Without events a comment, and the cursor: whoever connects again goes on from it, though it saw nothing. */
function textOf({ events, next }: FeedPage, installation: string): string {
  if (events.length === 0) return `: nothing new\nid: ${next}\n\n`;
  return events
    .map((event) => `id: ${event.cursor}\ndata: ${JSON.stringify(toCloudEvent(event, installation))}\n\n`)
    .join('');
}
