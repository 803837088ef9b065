import { Client } from 'pg';

/** What `pg` says of a statement whose answer did not come within `query_timeout`. */
const NO_ANSWER = 'Query read timeout';

/**
 * A connection that ends when the answer to a statement does not come in time. `pg` itself would go on with it: ROLLBACK
 * would wait behind the lost statement, be given up as well and never be sent, and whoever got the connection next would
 * work in a transaction that nobody commits.
 */
export class AnsweredClient extends Client {
  override query = ((...asked: Parameters<Client['query']>): unknown => {
    const answer: unknown = super.query(...asked);
    // A pool drops by itself the connection of a statement that fails with a callback.
    if (answer instanceof Promise) answer.catch((error) => this.#endUnanswered(error));
    return answer;
  }) as Client['query'];

  #endUnanswered(error: Error): void {
    if (error.message === NO_ANSWER) void this.end();
  }
}
