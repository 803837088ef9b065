import { setTimeout as delay } from 'node:timers/promises';
import { Random, runSeed } from '../../support/random.js';
import type { Registry } from '../../support/registry.js';
import type { Answer } from './answer.js';
import { Http, type Sent } from './http.js';

const ROUNDS = process.env.LADING_NIGHT ? 250 : 4;
// Hundreds of rounds beside other work take minutes.
if (process.env.LADING_NIGHT) jest.setTimeout(30 * 60_000);

/** Requests begin within this time of each other, milliseconds: none, less than a transaction takes, or several. */
const SPREADS = [0, 0, 5, 30];

/** What one client does. */
type Act<T> = (http: Http) => Promise<T>;

/** No client may ever see a 5xx because another one is at work. */
class Client extends Http {
  override async send(method: string, path: string, sent?: Sent): Promise<Answer> {
    const answer = await super.send(method, path, sent);
    if (answer.status >= 500) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer;
  }
}

/** Several clients, each with connections of its own, and the order in which they act. */
export class AtOnce {
  private readonly clients: readonly Http[];
  private rounds = 0;

  /** @param place the first part of every repository's name */
  constructor(
    registry: Pick<Registry, 'url' | 'user' | 'password'>,
    readonly place: string,
  ) {
    process.stdout.write(`${place}: LADING_TEST_SEED=${runSeed}\n`);
    const { authorization } = Http.asAdmin(registry);
    this.clients = Array.from({ length: 20 }, () => new Client(registry, authorization));
  }

  /** Runs the work again and again, each time in a new repository. A failure says how to run the same again. */
  async inRounds(work: (round: Round) => Promise<void>, share = 1): Promise<void> {
    const { currentTestName } = expect.getState();
    for (let n = 0; n < Math.ceil(ROUNDS * share); n++) {
      const seed = `${runSeed} ${currentTestName} ${n}`;
      const round = new Round(`${this.place}/r${++this.rounds}`, seed, this.clients);
      await work(round).catch((error: Error) => {
        error.message = `round ${n} of LADING_TEST_SEED=${runSeed}: ${error.message}`;
        throw error;
      });
    }
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}

export class Round {
  readonly random: Random;

  constructor(
    /** A repository that no other round has. */
    readonly name: string,
    private readonly seed: string,
    private readonly clients: readonly Http[],
  ) {
    this.random = new Random(seed);
  }

  /** Numbers for one client, which are the same however the clients interleave. */
  fork(client: string): Random {
    return new Random(`${this.seed} ${client}`);
  }

  /** For what is prepared before, and read back afterwards. */
  get http(): Http {
    return this.clients[0] as Http;
  }

  /** Starts all of them in the order and at the distances that the seed gives. @returns what each gave, as they stand */
  async atOnce<T>(...acts: readonly Act<T>[]): Promise<T[]> {
    const spread = this.random.pick(SPREADS);
    const results: T[] = [];
    const starts = acts.map((act, n) => ({
      act,
      n,
      rank: this.random.fraction(),
      after: this.random.between(0, spread),
    }));
    starts.sort((a, b) => a.rank - b.rank);
    const running = starts.map(async ({ act, n, after }) => {
      if (after > 0) await delay(after);
      results[n] = await act(this.clients[n % this.clients.length] as Http);
    });
    await Promise.all(running);
    return results;
  }

  /** Requests at once. @returns their statuses */
  async statuses(...acts: readonly Act<Answer>[]): Promise<number[]> {
    return (await this.atOnce(...acts)).map(({ status }) => status);
  }
}
