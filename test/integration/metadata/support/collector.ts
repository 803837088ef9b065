import {
  claimObjects,
  collectUntagged,
  condemnObjects,
  expungeManifests,
  type Judgement,
  type LinkId,
  type RegistryPools,
  removeLinks,
} from '@lading/metadata';
import { digestFromBytes } from '@lading/oci';

// The collector's steps on whatever is there, without any delay. Each answers how many it did.

const SOME = 3;
const AT_ONCE = { restoreWindowMs: 0, leaseMs: 0 };

/** Condemns a few objects that nothing refers to. */
export async function condemnSome(pools: RegistryPools, limit = SOME): Promise<number> {
  const live = await idsOf<string>(pools, `SELECT id FROM registry.blob_object WHERE state = 'live'`, limit);
  return done(await condemnObjects(pools, live, 0));
}

/** Takes a few condemned objects past the point of no return. */
export function claimSome(pools: RegistryPools): Promise<number> {
  return claimObjects(pools, SOME);
}

/** Removes a few deleted manifests that no index names. */
export async function expungeSome(pools: RegistryPools, limit = SOME): Promise<number> {
  const deleted = await idsOf<number>(pools, 'SELECT id FROM registry.manifest WHERE deleted_at IS NOT NULL', limit);
  return done(await expungeManifests(pools, deleted, AT_ONCE));
}

/** Removes a few links that are not needed. */
export async function removeSomeLinks(pools: RegistryPools, limit = SOME): Promise<number> {
  const { rows } = await pools.read.query<{ repository_id: number; digest: Buffer }>(
    'SELECT repository_id, digest FROM registry.blob_link ORDER BY random() LIMIT $1',
    [limit],
  );
  const links = rows.map((row): LinkId => ({ repositoryId: row.repository_id, digest: digestFromBytes(row.digest) }));
  return done(await removeLinks(pools, links));
}

/** Hides a few manifests that nothing names. */
export async function collectSome(pools: RegistryPools, limit = SOME, delayMs = 0): Promise<number> {
  const untagged = await idsOf<number>(pools, 'SELECT id FROM registry.manifest WHERE untagged_at IS NOT NULL', limit);
  return done(await collectUntagged(pools, untagged, delayMs));
}

function done(judgements: readonly Judgement<unknown>[]): number {
  return judgements.filter(({ outcome }) => outcome === 'done').length;
}

async function idsOf<Id>(pools: RegistryPools, rows: string, limit: number): Promise<Id[]> {
  return (await pools.read.query<{ id: Id }>(`${rows} ORDER BY random() LIMIT $1`, [limit])).rows.map(({ id }) => id);
}
