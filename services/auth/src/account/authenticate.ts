import { SingleFlight } from '@lading/platform';
import type { Account } from './account.entity.js';
import type { AccountStore } from './account-store.js';
import { CHECK_SLOTS, CheckSlots } from './check-slots.js';
import { clientNetwork } from './client-network.js';
import { GuessBrake } from './guess-brake.js';
import { nobodysHash, verifyPassword } from './password-hash.js';
import { VerifiedPairs } from './verified-pairs.js';

// A name and a password become the account they open. The account is read each time, so a blocked one is out at once. The pair
// is then looked for among those verified within a minute; if it is not there it is checked: under the brake on
// guesses, once for equal pairs at the same time (which are one guess, too), two at a time over all. An unknown name
// is checked against nobody's hash on the same way, so that time and answer are those of a wrong password.

/** Characters; longer is wrong without a check. */
const MAX_USERNAME = 255;
/** Characters; argon2 would hash more, at the caller's will and our expense. */
const MAX_PASSWORD = 1024;

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** The client's IP address. */
  readonly address: string;
}

export interface AuthenticateParts {
  readonly slots?: CheckSlots;
  readonly brake?: GuessBrake;
  readonly pairs?: VerifiedPairs;
  readonly verify?: typeof verifyPassword;
}

export class Authenticate {
  private readonly slots: CheckSlots;
  private readonly brake: GuessBrake;
  private readonly pairs: VerifiedPairs;
  private readonly verify: typeof verifyPassword;
  private readonly checks = new SingleFlight<string, boolean>();
  private readonly guesses = new SingleFlight<string, boolean>();

  constructor(
    private readonly accounts: Pick<AccountStore, 'findByUsername'>,
    parts: AuthenticateParts = {},
  ) {
    this.slots = parts.slots ?? new CheckSlots(CHECK_SLOTS);
    this.brake = parts.brake ?? new GuessBrake();
    this.pairs = parts.pairs ?? new VerifiedPairs();
    this.verify = parts.verify ?? verifyPassword;
  }

  /** Undefined: unknown name, wrong password or blocked, without saying which. @throws TooManyRequests */
  async execute({ username, password, address }: Credentials): Promise<Account | undefined> {
    const name = username.toLowerCase();
    if (!isPlausible(name, MAX_USERNAME) || !isPlausible(password, MAX_PASSWORD)) return undefined;
    const account = await this.accounts.findByUsername(name);
    const passwordHash = account?.passwordHash ?? (await nobodysHash());
    const right = await this.isRight(passwordHash, password, clientNetwork(address), name);
    return right ? account : undefined;
  }

  private async isRight(passwordHash: string, password: string, network: string, name: string): Promise<boolean> {
    const pair = this.pairs.idOf(name, passwordHash, password);
    const seen = this.pairs.find(pair);
    if (seen === 'fresh') return true;
    const check = () => this.checks.run(pair, () => this.slots.run(() => this.verify(passwordHash, password)));
    const guess = () => this.brake.run(network, name, check);
    const right = seen === 'known' ? await check() : await this.guesses.run(`${network} ${pair}`, guess);
    if (right) this.pairs.add(pair);
    return right;
  }
}

/** PostgreSQL takes no NUL in a text, so no account has one. */
function isPlausible(text: string, longest: number): boolean {
  return text.length > 0 && text.length <= longest && !text.includes('\0');
}
