import { statement, transaction } from '@lading/database';
import type { DeadLetters, EventStrategy } from '@lading/events';
import type { Pool } from 'pg';

/** What became of a letter: it was handled, it went wrong again, or no letter ever had this id. */
export type SentAgain = 'handled' | 'unknown' | { readonly error: string };

/** Handles an event again that was given up: effect and removal in one transaction. */
export class SendLetterAgain {
  constructor(
    private readonly pool: Pool,
    private readonly letters: DeadLetters,
    private readonly strategy: Pick<EventStrategy, 'handle'>,
  ) {}

  /** @returns `handled` also for one that is not there any more, so that the same call sent again is answered the same. */
  async execute(id: number): Promise<SentAgain> {
    let failure: unknown;
    try {
      const found = await transaction(this.pool, async (client) => {
        const event = await this.letters.exhume(client, id);
        if (event === undefined) return false;
        await this.strategy.handle(event, client).catch((error: unknown) => {
          failure = error;
          throw error;
        });
        return true;
      });
      return found || (await this.wasThere(id)) ? 'handled' : 'unknown';
    } catch (error) {
      if (failure === undefined) throw error;
      return { error: failure instanceof Error ? failure.message : String(failure) };
    }
  }

  private async wasThere(id: number): Promise<boolean> {
    const { rows } = await this.pool.query<{ last: number | null }>(
      statement(`SELECT pg_sequence_last_value(pg_get_serial_sequence('gc.dead_letter', 'id')) AS last`),
    );
    return id <= (rows[0]?.last ?? 0);
  }
}
