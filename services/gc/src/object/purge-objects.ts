import { type BlobStore, blobKey } from '@lading/blob-store';
import type { Logger } from '@lading/platform';
import type { CollectionPort } from '@lading/rpc';
import type { Tally } from '../collector/tally.js';
import type { Work } from '../round.js';

/** Objects deleted between two notes to `metadata`. */
const BATCH = 100;

/** Deletes at work at once. */
const AT_ONCE = 8;

/**
 * Deletes the bytes of objects that are past the point of no return, and tells `metadata` which are gone.
 *
 * The bytes go first and the row follows: a crash between the two deletes the same, dead key once more. A second
 * collector may do the same at the same time.
 */
export class PurgeObjects implements Work {
  readonly name = 'purge objects';
  readonly takes = true;

  constructor(
    private readonly collection: CollectionPort,
    private readonly store: BlobStore,
    private readonly tally: Tally,
    private readonly logger: Logger,
  ) {}

  async run(): Promise<boolean> {
    const { objectIds } = await this.collection.listPurgeable({ limit: BATCH });
    const waiting = [...objectIds];
    const gone: string[] = [];
    const worker = async () => {
      for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) if (await this.delete(id)) gone.push(id);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    if (gone.length > 0) this.tally.note('bytes freed', (await this.collection.markPurged({ objectIds: gone })).bytes);
    this.tally.step('purged', gone.length);
    this.tally.step('purge failed', objectIds.length - gone.length);
    return objectIds.length === BATCH && gone.length > 0;
  }

  private async delete(objectId: string): Promise<boolean> {
    try {
      await this.store.delete(blobKey(objectId));
      return true;
    } catch (error) {
      this.logger.warn({ objectId, err: error }, 'an object could not be deleted; it comes up again');
      await this.collection.postponePurge({ objectId });
      return false;
    }
  }
}
