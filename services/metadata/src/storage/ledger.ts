import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '@lading/oci';
import type { GetLedgerResponse } from '@lading/proto';

/** Milliseconds for which a ledger is given again: counting reads everything, so it happens once a minute at most. */
const FRESH_MS = 60_000;

/** Milliseconds that a caller waits for a count; it goes on without it. Less than a call between services may take. */
const PATIENCE_MS = 10_000;

/** Seconds after which a caller asks again. */
const RETRY_AFTER_SECONDS = 10;

/** The ledger as it was a minute ago at most; callers at once share one count. */
export class Ledger {
  private last: { readonly value: GetLedgerResponse; readonly at: number } | undefined;
  private counting: Promise<GetLedgerResponse> | undefined;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly count: () => Promise<GetLedgerResponse>,
    private readonly now: () => number = () => performance.now(),
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** @throws Unavailable when counting takes long; it goes on, and a later call has its result. */
  async get(): Promise<GetLedgerResponse> {
    if (this.last && this.now() - this.last.at < FRESH_MS) return this.last.value;
    this.counting ??= this.begin();
    const timer = new AbortController();
    const late = delay(this.patienceMs, 'late' as const, { signal: timer.signal, ref: false });
    const first = await Promise.race([this.counting, late.catch(() => 'late' as const)]);
    timer.abort();
    if (first === 'late') {
      throw new Unavailable('the ledger is being counted', { retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
    return first;
  }

  private begin(): Promise<GetLedgerResponse> {
    const counting = this.count()
      .then((value) => {
        this.last = { value, at: this.now() };
        return value;
      })
      .finally(() => {
        this.counting = undefined;
      });
    // Its callers hear of an error; where all of them have gone, nobody does, and the next one counts again.
    counting.catch(() => undefined);
    return counting;
  }
}
