import { ScanKind } from '@lading/proto';
import type { CollectionPort } from '@lading/rpc';
import type { CandidateKind } from '../candidate/candidate.js';
import type { Tally } from '../collector/tally.js';
import type { Work } from '../round.js';
import type { Scans } from './scans.js';

/** Rows of the registry that one page walks over. */
const PAGE = 2_000;

const KINDS: Readonly<Record<CandidateKind, ScanKind>> = {
  untagged: ScanKind.SCAN_KIND_UNTAGGED,
  expunge: ScanKind.SCAN_KIND_EXPUNGE,
  repository: ScanKind.SCAN_KIND_REPOSITORY,
  project: ScanKind.SCAN_KIND_PROJECT,
  link: ScanKind.SCAN_KIND_LINK,
  object: ScanKind.SCAN_KIND_OBJECT,
};

/**
 * Walks through the registry for what no event told of: events may be lost, and a clock is not started where somebody held the
 * row. One page a round, so that it takes its time and stops nothing; all pages at once where an operator asked for the walk.
 */
export class ReconcileRegistry implements Work {
  readonly name = 'reconcile registry';

  /** @param everyMs between the end of a walk and the next (`LADING_RECONCILE_INTERVAL`). */
  constructor(
    private readonly collection: CollectionPort,
    private readonly scans: Scans,
    private readonly tally: Tally,
    private readonly everyMs: number,
  ) {}

  async run(): Promise<boolean> {
    return this.scans.walk(this.everyMs, async (kind, after) => {
      const page = await this.collection.scan({ kind: KINDS[kind], after, limit: PAGE });
      this.tally.step('pages walked');
      return page;
    });
  }
}
