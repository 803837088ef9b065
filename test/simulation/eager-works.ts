import { digestFromBytes } from '@lading/oci';
import { ScanKind } from '@lading/proto';
import type { CollectionPort } from '@lading/rpc';
import type { Database } from './database/database.js';

/**
 * A collector that looks at everything at any time, as if every event came early, late and twice: what it asks for is
 * refused where something needs it, so that whoever tells the collector where to look decides nothing.
 */
export function eagerWorks(db: Database, collection: CollectionPort): { run(): Promise<unknown> }[] {
  const { objects, links, manifests, repositories } = db.registry;
  const manifestIds = () => manifests.rows().map(({ id }) => id);
  return [
    // Starts the clocks that somebody who held a row kept from being started.
    { run: () => collection.scan({ kind: ScanKind.SCAN_KIND_UNTAGGED, after: '', limit: 5_000 }) },
    { run: () => collection.expireUploads({ limit: 500 }) },
    { run: () => collection.collectUntagged({ manifestIds: manifestIds() }) },
    { run: () => collection.expungeManifests({ manifestIds: manifestIds() }) },
    { run: () => collection.removeLinks({ links: links.rows().map(linkOf) }) },
    { run: () => collection.condemnObjects({ objectIds: objects.rows().map(({ id }) => id) }) },
    { run: () => collection.claimObjects({ limit: 500 }) },
    { run: () => collection.forgetFinished({ limit: 500 }) },
    { run: () => collection.dropRepositories({ repositoryIds: repositories.rows().map(({ id }) => id) }) },
  ];
}

function linkOf({ repository_id, digest }: { repository_id: number; digest: string }) {
  return { repositoryId: repository_id, digest: digestFromBytes(Buffer.from(digest, 'hex')) as string };
}
