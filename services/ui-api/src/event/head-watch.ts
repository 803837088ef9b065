import type { EventFeed } from '@lading/events';
import { sleep } from '@lading/platform';

/** Milliseconds between two looks at the end of the log, while anybody waits. */
const POLL_MS = 200;

interface Waiter {
  readonly since: string;
  readonly wake: () => void;
}

/** Wakes readers when the log grows: one look for all of them, however many there are. */
export class HeadWatch {
  private readonly waiting = new Set<Waiter>();
  private isLooking = false;

  constructor(private readonly feed: Pick<EventFeed, 'latest'>) {}

  /** Resolves when the log's end is not `since` any more, after `ms` milliseconds, or when the signal aborts. */
  async moved(since: string, ms: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wake = () => woken.abort();
    const waiter = { since, wake };
    if (signal.aborted) return;
    signal.addEventListener('abort', wake);
    this.waiting.add(waiter);
    void this.look();
    await sleep(ms, woken.signal);
    this.waiting.delete(waiter);
    signal.removeEventListener('abort', wake);
  }

  private async look(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    while (this.waiting.size > 0) {
      // Whoever waits reads itself after a while, and meets what is wrong with the database then.
      const latest = await this.feed.latest().catch(() => undefined);
      for (const { since, wake } of this.waiting) if (latest !== undefined && since !== latest) wake();
      await sleep(POLL_MS);
    }
    this.isLooking = false;
  }
}
