import type { BlobStore } from '@lading/blob-store';
import type { Logger } from '@lading/platform';
import type { CollectionPort } from '@lading/rpc';
import type { Pool } from 'pg';
import { candidateWorks } from './candidate/candidate-works.js';
import { Candidates } from './candidate/candidates.js';
import { Tally } from './collector/tally.js';
import { ClaimObjects } from './object/claim-objects.js';
import { PurgeObjects } from './object/purge-objects.js';
import { ReconcileRegistry } from './reconcile/reconcile-registry.js';
import { Scans } from './reconcile/scans.js';
import type { Work } from './round.js';
import { ExpireUploads, ForgetFinished } from './upload/expire-uploads.js';

/** What the work of `gc` needs. */
export interface WorkParts {
  collection: CollectionPort;
  store: BlobStore;
  /** On the database with schema `gc`. */
  pool: Pool;
  logger: Logger;
  /** Between two walks through the registry, milliseconds (`LADING_RECONCILE_INTERVAL`). */
  reconcileMs: number;
}

/** Everything that `gc` does again and again, in the order in which one makes work for another. */
export function worksOf(parts: WorkParts, scans = new Scans(parts.pool), tally = new Tally()): Work[] {
  const { collection, store, pool, logger, reconcileMs } = parts;
  return [
    new ExpireUploads(collection, tally),
    ...candidateWorks(collection, new Candidates(pool), tally),
    new ClaimObjects(collection, tally),
    new PurgeObjects(collection, store, tally, logger),
    new ForgetFinished(collection),
    new ReconcileRegistry(collection, scans, tally, reconcileMs),
  ];
}
