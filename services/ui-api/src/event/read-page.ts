import { CursorGone, CursorInvalid, type EventFeed, type FeedPage } from '@lading/events';
import { badRequest, gone } from '../http/api-error.js';

/**
 * A page of the feed. `latest` is the end of the log: nothing, and the cursor from which to go on.
 *
 * @throws ApiError 400 for what is no cursor, 410 for one from which the feed cannot go on.
 */
export async function readPage(feed: EventFeed, after: string | undefined, limit: number): Promise<FeedPage> {
  if (after === 'latest') return { events: [], next: await feed.latest() };
  try {
    return await feed.read(after, limit);
  } catch (error) {
    if (error instanceof CursorInvalid) throw badRequest('after must be a cursor that this feed gave, or latest');
    if (error instanceof CursorGone) {
      throw gone(`${error.message}; start again with GET /api/v4/events/snapshot`);
    }
    throw error;
  }
}
