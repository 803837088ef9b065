import { TooManyRequests } from '@lading/oci';

export interface CheckSlotsOptions {
  /** Checks at a time. */
  readonly slots: number;
  /** Milliseconds that a check waits for its turn. */
  readonly waitMs: number;
  /** Checks that may wait; the next is refused at once. */
  readonly maxWaiting: number;
}

/** Of an instance of the service. */
export const CHECK_SLOTS: CheckSlotsOptions = { slots: 2, waitMs: 10_000, maxWaiting: 300 };

/** Seconds a refused caller is told to wait. */
const RETRY_AFTER_S = 5;

/**
 * Lets a few checks run at once. A check costs tens of milliseconds of a core and 19 MiB, on threads that file reads
 * need as well, so a burst of sign-ins must not take them all.
 */
export class CheckSlots {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly options: CheckSlotsOptions) {
    this.free = options.slots;
  }

  /** @throws TooManyRequests when no turn came in time. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.turn();
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free += 1;
      else next();
    }
  }

  private turn(): Promise<void> {
    if (this.free > 0) {
      this.free -= 1;
      return Promise.resolve();
    }
    if (this.waiting.length >= this.options.maxWaiting) return Promise.reject(busy());
    return new Promise((resolve, reject) => {
      const take = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.waiting.splice(this.waiting.indexOf(take), 1);
        reject(busy());
      }, this.options.waitMs);
      this.waiting.push(take);
    });
  }
}

function busy(): TooManyRequests {
  return new TooManyRequests('too many sign-ins at once', { retryAfterSeconds: RETRY_AFTER_S });
}
