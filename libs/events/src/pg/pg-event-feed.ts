import { statement } from '@lading/database';
import type { Pool } from 'pg';
import { CursorGone, CursorInvalid, EventFeed, type FeedPage } from '../event-feed.port.js';
import { readHead } from './read-head.js';
import { LOG_COLUMNS, type LogRow, toEvent } from './read-log.js';

/** Bytes of a page's data as PostgreSQL stores them; JSON is two to four times as long. */
const PAGE_BYTES = 1024 * 1024;

/** The feed of the log in PostgreSQL; a cursor is a position in decimal digits. */
export class PgEventFeed extends EventFeed {
  constructor(private readonly pool: Pool) {
    super();
  }

  async read(after: string | undefined, limit: number): Promise<FeedPage> {
    const from = after === undefined ? undefined : positionOf(after);
    const { rows } = await this.pool.query<PageRow>(statement(PAGE, [from, limit, PAGE_BYTES]));
    const { head, removed_to: removedTo } = rows[0] as PageRow;
    if (from !== undefined && from < removedTo) {
      throw new CursorGone('events after this cursor are not kept any more');
    }
    if (from !== undefined && from > head) throw new CursorGone('the log has not come as far as this cursor');
    const events = rows.filter(isEvent).map((row) => ({ ...toEvent(row), cursor: String(row.position) }));
    return { events, next: events.at(-1)?.cursor ?? String(from ?? removedTo) };
  }

  latest(): Promise<string> {
    return readHead(this.pool);
  }

  /** Positions have no gaps. */
  async countAfter(cursor: string): Promise<number> {
    return Math.max(0, positionOf(await this.latest()) - positionOf(cursor));
  }
}

/** A row of the log, or none of its columns where nothing follows the cursor. */
type PageRow = { head: number; removed_to: number } & (LogRow | { [K in keyof LogRow]: null });

function isEvent(row: PageRow): row is { head: number; removed_to: number } & LogRow {
  return row.position !== null;
}

/**
 * One statement, so that head, removed_to and events are of one moment: what is removed between two would be missed. Sizes
 * are added up before the data is read, for a page is as large as its events, and a manifest may name ten thousand blobs.
 */
const PAGE = `
  SELECT h.position AS head, h.removed_to, e.*
  FROM events.head h LEFT JOIN LATERAL (
    SELECT ${LOG_COLUMNS} FROM events.log JOIN (
      SELECT position AS at, row_number() OVER w AS n, sum(pg_column_size(data)) OVER w AS bytes
      FROM (SELECT position, data FROM events.log WHERE position > coalesce($1::bigint, 0) ORDER BY position LIMIT $2) AS few
      WINDOW w AS (ORDER BY position)) AS sized ON position = sized.at
    WHERE sized.n = 1 OR sized.bytes <= $3
    ORDER BY position) AS e ON true
  ORDER BY e.position`;

/** @throws CursorInvalid */
function positionOf(cursor: string): number {
  const position = /^(0|[1-9]\d{0,15})$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (!Number.isSafeInteger(position)) throw new CursorInvalid('this is no cursor of the feed');
  return position;
}
