/** Statements of one kind in flight at once; more would only queue in the pool. */
const MAX_IN_FLIGHT = 2;

/** Look-ups in one statement. */
const MAX_BATCH = 256;

interface Waiting<Q, R> {
  query: Q;
  resolve(row: R | undefined): void;
  reject(error: unknown): void;
}

/**
 * Joins look-ups that arrive in one turn of the event loop into one statement.
 *
 * A look-up may join a statement that is not sent yet, never one in flight, so each read sees everything that was
 * committed before it was asked: reads stay linearizable. While two statements are in flight, look-ups wait and join
 * the next.
 */
export class LookupBatcher<Q, R extends { n: number }> {
  private waiting: Waiting<Q, R>[] = [];
  private inFlight = 0;
  private scheduled = false;

  /** @param run answers a batch; each row carries the 1-based position `n` of its look-up. */
  constructor(private readonly run: (batch: readonly Q[]) => Promise<R[]>) {}

  find(query: Q): Promise<R | undefined> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ query, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled || this.inFlight >= MAX_IN_FLIGHT) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.send();
    });
  }

  private async send(): Promise<void> {
    const batch = this.waiting.splice(0, MAX_BATCH);
    if (batch.length === 0) return;
    this.inFlight++;
    try {
      const rows = await this.run(batch.map((each) => each.query));
      const byPosition = new Map(rows.map((row) => [row.n, row]));
      for (const [index, each] of batch.entries()) each.resolve(byPosition.get(index + 1));
    } catch (error) {
      for (const each of batch) each.reject(error);
    } finally {
      this.inFlight--;
      if (this.waiting.length > 0) this.schedule();
    }
  }
}
