import { type Answer, Http, type Sent } from '../faults/http.js';
import type { Registry } from '../support/registry.js';
import type { Clocks } from './clocks.js';
import type { Outage } from './outage.js';

/** An outage cut a request short: it may have had its effect or not. */
export class Interrupted extends Error {}

const AWAY: readonly number[] = [502, 503, 504];

/** Asks a registry that is killed now and then, and counts what it answered. */
export class Caller {
  /** Requests that were answered as they should be. */
  answered = 0;

  /** Asked over connections of its own: another service may answer it than answers `/v2/`. */
  private readonly api: Http;
  private readonly http: Http;

  constructor(
    registry: Pick<Registry, 'url' | 'user' | 'password'>,
    readonly outage: Outage,
    readonly clocks: Clocks,
  ) {
    this.api = new Http(registry);
    this.http = new Http(registry);
  }

  close(): void {
    this.api.close();
    this.http.close();
  }

  /** Whether a path can be read at this moment. */
  async isServed(path: string): Promise<boolean> {
    const answer = await this.of(path)
      .send('GET', path)
      .catch(() => undefined);
    return answer !== undefined && answer.status < 500;
  }

  /**
   * @param statuses those that the protocol provides for here
   * @throws Interrupted when an outage is to blame, else an error that tells what came
   */
  async ask(statuses: readonly number[], method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const begun = performance.now();
    const answer = await this.of(path)
      .send(method, path, sent)
      .catch((error: unknown) => {
        throw this.outage.overlaps(begun) ? new Interrupted() : new Error(`${method} ${path}: ${error}`);
      });
    if (statuses.includes(answer.status)) {
      this.answered += 1;
      return answer;
    }
    if (AWAY.includes(answer.status) && this.outage.overlaps(begun)) throw new Interrupted();
    const said = answer.body.toString().slice(0, 500);
    throw new Error(`${method} ${path}: ${answer.status}, not ${statuses.join(' or ')}: ${said}`);
  }

  private of(path: string): Http {
    return path.startsWith('/api/') ? this.api : this.http;
  }
}
