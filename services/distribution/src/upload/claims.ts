import { BoundedMap } from '@lading/platform';

/** Sessions whose newest writer is remembered. */
const MOST_REMEMBERED = 20_000;

/**
 * The order of writers within this process. The database orders claims by epoch; the store serves whoever opens last. Both
 * happen in one turn per session here, so the newest claim is also the newest writer, and an older one that comes late
 * neither cuts off what was acknowledged since nor closes the newer one's file.
 */
export class Claims {
  private readonly turns = new Map<string, Promise<unknown>>();
  private readonly newest = new BoundedMap<string, number>({ maxEntries: MOST_REMEMBERED });

  /** Runs work on a session after all work on it that was asked for before. */
  async inTurn<T>(uploadId: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(uploadId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    this.turns.set(uploadId, settled);
    try {
      return await mine;
    } finally {
      if (this.turns.get(uploadId) === settled) this.turns.delete(uploadId);
    }
  }

  /** Notes the epoch of a claim, in its turn. */
  note(uploadId: string, epoch: number): void {
    this.newest.set(uploadId, epoch);
  }

  /** False when another request of this process has claimed the session since. */
  isNewest(uploadId: string, epoch: number): boolean {
    return (this.newest.get(uploadId) ?? epoch) <= epoch;
  }
}
