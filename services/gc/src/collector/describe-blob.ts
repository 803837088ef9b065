import type { BlobObject } from '@lading/proto';
import type { CollectionPort } from '@lading/rpc';
import type { WaitingCandidates } from '../candidate/waiting-candidates.js';
import type { BlobReferences } from '../reference/blob-references.js';
import { toCandidate } from './collector.mapper.js';

/** Who needs a blob, and what waits for it: the object and its links as `metadata` has them, references as events told. */
export class DescribeBlob {
  constructor(
    private readonly collection: CollectionPort,
    private readonly references: BlobReferences,
    private readonly waiting: WaitingCandidates,
  ) {}

  /** @returns undefined for a digest that no object has, or only one past the point of no return. */
  async execute(digest: string): Promise<BlobObject | undefined> {
    const { object } = await this.collection.describeObject({ digest });
    if (object === undefined) return undefined;
    const { objectId, state, size, repositoryIds, leaseUntilMs, purgeAfterMs } = object;
    const { live, deleted } = await this.references.count(objectId);
    const links = repositoryIds.map((id) => `${id} ${digest}`);
    const candidates = (await this.waiting.find([objectId, ...links])).map(toCandidate);
    const counts = { repositories: links.length, liveManifests: live, deletedManifests: deleted };
    return { objectId, state, size, leaseUntilMs, purgeAfterMs, ...counts, candidates };
  }
}
