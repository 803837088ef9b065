import type { LogEvent } from './log-event.js';

/** An event and where a reader of all events goes on after it. */
export interface FeedEvent extends LogEvent {
  readonly cursor: string;
}

export interface FeedPage {
  /** In the order of the feed; none when the reader has seen all. */
  readonly events: readonly FeedEvent[];
  /** What to give as `after` for the next page; the one that was given while there is nothing new. */
  readonly next: string;
}

/**
 * The log as one sequence for readers that are no members of a group: each keeps its own cursor. Events of one key
 * come in their order, and a page never leaves one out. A cursor is a text of at most 64 characters, which means
 * something to the feed alone.
 */
export abstract class EventFeed {
  /**
   * @param after the cursor of the last event that the reader has; undefined: from the oldest that is kept on.
   * @param limit most events in the page, at least 1. A page of large events has fewer, at least one if there is one.
   * @throws CursorInvalid; CursorGone when events after the cursor were removed, or the log never came so far.
   */
  abstract read(after: string | undefined, limit: number): Promise<FeedPage>;

  /** The cursor of the newest event: after it comes what is not there yet. */
  abstract latest(): Promise<string>;

  /** How many events come after a cursor. @throws CursorInvalid */
  abstract countAfter(cursor: string): Promise<number>;
}

/** No cursor that this feed gave. */
export class CursorInvalid extends Error {
  override readonly name = 'CursorInvalid';
}

/** The feed cannot go on from there without leaving events out. */
export class CursorGone extends Error {
  override readonly name = 'CursorGone';
}
