import type { CollectionPort } from '@lading/rpc';
import type { Tally } from '../collector/tally.js';
import type { Work } from '../round.js';

/** Objects in one call. */
const BATCH = 500;

/** Takes condemned objects whose time is over past the point of no return. */
export class ClaimObjects implements Work {
  readonly name = 'claim objects';
  readonly takes = true;

  constructor(
    private readonly collection: CollectionPort,
    private readonly tally: Tally,
  ) {}

  async run(): Promise<boolean> {
    const { claimed } = await this.collection.claimObjects({ limit: BATCH });
    this.tally.step('claimed', claimed);
    return claimed === BATCH;
  }
}
