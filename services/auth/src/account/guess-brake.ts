import { TooManyRequests } from '@lading/oci';
import { BoundedMap, sleep } from '@lading/platform';

// Wrong passwords are slowed down in two ways. By (address, account): after a few wrong ones each further wrong answer
// comes later, and only a few of them may be under way, which bounds the rate of guesses however many connections
// there are; the rest is 429. By address alone, over all accounts: a shorter delay and never a refusal, because a
// whole office may sit behind one address. There is no count by account alone: it would let anybody lock anybody out.
// A right password is answered at once and clears its count; one that verified here before passes the brake unseen
// (`VerifiedPairs`), so a guesser at the same address cannot keep a working robot out.

/** Milliseconds after the last wrong password at which a count is forgotten. */
const FORGET_MS = 15 * 60_000;
/** Addresses, and pairs of address and account, that are counted at most; the longest silent goes first. */
const MAX_COUNTS = 10_000;

const PAIR = { free: 5, stepMs: 200, mostMs: 5_000, underWay: 3 } as const;
const ADDRESS = { free: 30, stepMs: 50, mostMs: 2_000 } as const;

export interface GuessBrakeOptions {
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<void>;
}

export class GuessBrake {
  private readonly byPair: BoundedMap<string, number>;
  private readonly byAddress: BoundedMap<string, number>;
  private readonly underWay = new Map<string, number>();
  private readonly wait: (ms: number) => Promise<void>;

  constructor({ now = Date.now, wait = sleep }: GuessBrakeOptions = {}) {
    this.byPair = new BoundedMap({ maxEntries: MAX_COUNTS, ttlMs: FORGET_MS, now });
    this.byAddress = new BoundedMap({ maxEntries: MAX_COUNTS, ttlMs: FORGET_MS, now });
    this.wait = wait;
  }

  /**
   * Runs a check and gives its answer, a wrong one late.
   *
   * @throws TooManyRequests when this address has too many guesses at this account under way; the check did not run.
   */
  async run(address: string, account: string, check: () => Promise<boolean>): Promise<boolean> {
    const pair = `${address} ${account}`;
    const running = this.underWay.get(pair) ?? 0;
    if (running >= PAIR.underWay && (this.byPair.get(pair) ?? 0) >= PAIR.free) throw tooManyGuesses();
    this.underWay.set(pair, running + 1);
    try {
      if (await check()) {
        this.byPair.delete(pair);
        return true;
      }
      await this.wait(this.countWrong(address, pair));
      return false;
    } finally {
      const left = (this.underWay.get(pair) ?? 1) - 1;
      if (left === 0) this.underWay.delete(pair);
      else this.underWay.set(pair, left);
    }
  }

  /** Milliseconds that this wrong answer waits. */
  private countWrong(address: string, pair: string): number {
    const ofPair = (this.byPair.get(pair) ?? 0) + 1;
    const ofAddress = (this.byAddress.get(address) ?? 0) + 1;
    this.byPair.set(pair, ofPair);
    this.byAddress.set(address, ofAddress);
    return Math.max(delayOf(ofPair, PAIR), delayOf(ofAddress, ADDRESS));
  }
}

function delayOf(count: number, { free, stepMs, mostMs }: typeof PAIR | typeof ADDRESS): number {
  return Math.min(Math.max(count - free, 0) * stepMs, mostMs);
}

function tooManyGuesses(): TooManyRequests {
  return new TooManyRequests('too many wrong passwords', { retryAfterSeconds: PAIR.mostMs / 1000 });
}
