import type { CollectionPort } from '@lading/rpc';
import type { Tally } from '../collector/tally.js';
import type { Work } from '../round.js';

/** Sessions that end, or rows that are forgotten, in one call. */
const BATCH = 500;

/** Ends upload sessions that were silent for too long. */
export class ExpireUploads implements Work {
  readonly name = 'expire uploads';
  /** Of a clock that was set forward, every open upload was silent for too long. */
  readonly takes = true;

  constructor(
    private readonly collection: CollectionPort,
    private readonly tally: Tally,
  ) {}

  async run(): Promise<boolean> {
    const { expired } = await this.collection.expireUploads({ limit: BATCH });
    this.tally.step('uploads expired', expired);
    return expired === BATCH;
  }
}

/** Removes finished sessions, and notes of finished operations, that no retry asks for any more. */
export class ForgetFinished implements Work {
  readonly name = 'forget finished';

  constructor(private readonly collection: CollectionPort) {}

  async run(): Promise<boolean> {
    const { forgotten } = await this.collection.forgetFinished({ limit: BATCH });
    return forgotten >= BATCH;
  }
}
