import { ManifestBlobUnknown } from '@lading/oci';
import type { ManifestEdge } from '@lading/proto';
import type { PoolClient } from 'pg';
import { toBytes } from '../database/digest-bytes.js';
import { type HeldBlobs, lockBlobs } from './lock-blobs.js';
import { type HeldManifests, lockManifests } from './lock-manifests.js';
import { type Revived, reviveCollected } from './revive-collected.js';

/** One row of `manifest_edge`: what a descriptor names, and the row it stands for if there is one. */
export interface ResolvedEdge {
  digest: Buffer;
  objectId: string | null;
  childId: number | null;
}

export interface ResolvedReferences {
  edges: ResolvedEdge[];
  /** True when the subject is, or was, a manifest of this repository (T11). */
  subjectSeen: boolean;
  /** Manifests that the collector had hidden and that came back because this push names them (T5). */
  revivedIds: readonly number[];
}

/**
 * Locks everything a manifest names, in the order that all locks have (objects, links, manifests), and turns its descriptors
 * into edges. An index entry is a manifest if the repository has one of that digest, else a blob it links (build
 * caches).
 *
 * @throws ManifestBlobUnknown with every digest that must be there and is not.
 */
export async function resolveEdges(
  client: PoolClient,
  repositoryId: number,
  manifest: { own: Buffer; edges: readonly ManifestEdge[]; subject: Buffer | undefined },
): Promise<ResolvedReferences> {
  const edges = manifest.edges.map((edge) => ({ edge, digest: toBytes(edge.digest) }));
  const blobs = await lockBlobs(
    client,
    repositoryId,
    edges.map((each) => each.digest),
  );
  const entries = edges.filter(({ edge }) => edge.kind !== 'blob').map((each) => each.digest);
  const wanted = manifest.subject ? [...entries, manifest.subject] : entries;
  const children = await lockManifests(client, repositoryId, wanted, manifest.own);
  const revived = await reviveMissing(client, repositoryId, entries, blobs, children);
  const resolved = edges.map(({ edge, digest }) => resolve(edge, digest, blobs, children, revived.held));
  const missing = edges.filter(({ edge }, n) => edge.required && !isResolved(resolved[n] as ResolvedEdge));
  if (missing.length > 0) throw new ManifestBlobUnknown(undefined, { detail: missing.map(({ edge }) => edge.digest) });
  const subjectSeen = manifest.subject !== undefined && (await isOrWasHere(client, repositoryId, manifest.subject));
  return { edges: resolved, subjectSeen, revivedIds: revived.ids };
}

/** A deleted subject counts until it is expunged. Its arrival holds the advisory lock of its digest, as the caller does. */
async function isOrWasHere(client: PoolClient, repositoryId: number, subject: Buffer): Promise<boolean> {
  const found = await client.query({
    name: 'subject-is-or-was-here',
    text: 'SELECT 1 FROM registry.manifest WHERE repository_id = $1 AND digest = $2',
    values: [repositoryId, subject],
  });
  return found.rowCount === 1;
}

function isResolved(edge: ResolvedEdge): boolean {
  return edge.objectId !== null || edge.childId !== null;
}

async function reviveMissing(
  client: PoolClient,
  repositoryId: number,
  entries: readonly Buffer[],
  blobs: HeldBlobs,
  children: HeldManifests,
): Promise<Revived> {
  const missing = entries.filter(
    (digest) => !children.has(digest.toString('hex')) && !blobs.has(digest.toString('hex')),
  );
  return reviveCollected(client, repositoryId, missing);
}

function resolve(
  edge: ManifestEdge,
  digest: Buffer,
  blobs: HeldBlobs,
  children: HeldManifests,
  revived: HeldManifests,
): ResolvedEdge {
  const key = digest.toString('hex');
  const childId = edge.kind === 'blob' ? null : (children.get(key) ?? revived.get(key) ?? null);
  return { digest, childId, objectId: childId === null ? (blobs.get(key) ?? null) : null };
}
