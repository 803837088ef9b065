import { z } from 'zod';
import { badRequest } from '../http/api-error.js';
import { wholeNumber } from '../http/whole-number.js';

/** Events in a page, unless asked for fewer or more. */
const USUAL_LIMIT = 100;
const MOST = 1_000;

/** Characters of a cursor. */
const LONGEST_CURSOR = 64;

const cursor = z
  .string()
  .regex(/^[\w.:-]+$/)
  .max(LONGEST_CURSOR);

const feedQuery = z.object({
  after: cursor.optional(),
  limit: wholeNumber(MOST).default(USUAL_LIMIT),
});

/** Where a reader begins, and how much it wants at once. */
export interface FeedQuery {
  /** A cursor, `latest`, or undefined: the oldest event that is kept. */
  readonly after?: string | undefined;
  readonly limit: number;
}

const FAULTS: Readonly<Record<string, string>> = {
  after: 'after must be a cursor that this feed gave, or latest',
  limit: `limit must be a whole number from 1 to ${MOST}`,
};

/**
 * @param lastEventId header that a browser sends when it connects again; it is newer than what the address says.
 * @throws ApiError 400 that names the parameter
 */
export function readFeedQuery(query: unknown, lastEventId?: string | string[]): FeedQuery {
  const given = { ...(query as object), ...(lastEventId ? { after: lastEventId } : {}) };
  const parsed = feedQuery.safeParse(given);
  if (parsed.success) return parsed.data;
  const [name] = parsed.error.issues[0]?.path ?? [];
  throw badRequest(FAULTS[String(name)] ?? 'the parameters are not well formed');
}
