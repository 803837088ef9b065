import { by, bytes, hex, type Statements, type Step } from '../statement.js';
import { type Link, linkKey } from '../tables.js';
import { referToRepository, repositoryAt } from './scope.js';

// Blobs as repositories see them.

const isCurrent = (state: string): boolean => state === 'live' || state === 'condemned';

/** Edges of a repository that name a digest, each with whether its manifest is live. */
export function namedBy({ db, transaction }: Step, repositoryId: number, digest: string) {
  const { edges, manifests } = db.registry;
  const naming = edges.rows(transaction).filter((row) => row.repository_id === repositoryId && row.digest === digest);
  if (naming.length === 0) return [];
  const known = manifests.rows(transaction);
  return naming.flatMap((edge) => known.filter(({ id }) => id === edge.manifest_id));
}

/** Objects that visible links of a repository name, for some digests. */
export function linkedObjects({ db, transaction }: Step, repositoryId: number, digests: readonly Buffer[]) {
  const wanted = new Set(digests.map(hex));
  return db.registry.links
    .rows(transaction)
    .filter((row) => row.repository_id === repositoryId && wanted.has(row.digest) && !row.hidden)
    .sort(by((row) => row.object_id));
}

async function lockLink(step: Step, key: string, qualifies: (row: Link) => boolean) {
  const { db, transaction, lock } = step;
  const cell = db.registry.links.cell(key);
  const row = cell.see(transaction);
  return row && qualifies(row) ? transaction.lock([cell], lock, qualifies) : [];
}

export const BLOB_STATEMENTS: Statements = {
  'find-blobs': (step, [projectIds, paths, digests]: [number[], string[], Buffer[]]) =>
    projectIds.map((projectId, n) => {
      const { registry, clock } = step.db;
      const project = registry.projects.rows(step.transaction).find(({ id }) => id === projectId);
      const repository = project && repositoryAt(step, projectId, paths[n] as string);
      const key = repository && linkKey(repository.id, hex(digests[n] as Buffer));
      const link = key === undefined ? undefined : registry.links.cell(key).see(step.transaction);
      const object = link && !link.hidden ? registry.objects.cell(link.object_id).see(step.transaction) : undefined;
      const found = object && isCurrent(object.state) ? object : undefined;
      return {
        ...{ n: n + 1, project_id: project?.id ?? null, repository_id: repository?.id ?? null },
        ...{ object_id: found?.id ?? null, size: found?.size ?? null, state: found?.state, damaged: false },
        lease_left_ms: (link?.lease_until ?? 0) - clock(),
      };
    }),

  'is-named-by-live-manifest': (step, [repositoryId, digest]: [number, Buffer]) =>
    namedBy(step, repositoryId, hex(digest))
      .filter((row) => row.deleted_at === null)
      .slice(0, 1),

  'lock-object-to-keep': ({ db, transaction, lock }, [id]: [string]) =>
    transaction.lock([db.registry.objects.cell(id)], lock, ({ state }) => isCurrent(state)),

  'revive-objects': async ({ db, transaction, lock }, [ids]: [string[]]) => {
    const cells = [...ids].sort().map((id) => db.registry.objects.cell(id));
    const condemned = cells.filter((cell) => cell.see(transaction)?.state === 'condemned');
    const held = await transaction.lock(condemned, lock, ({ state }) => state === 'condemned');
    const revived = await transaction.update(
      held.map(({ id }) => db.registry.objects.cell(id)),
      ({ state }) => state === 'condemned',
      () => ({ state: 'live' as const, purge_after: null }),
    );
    return revived.length;
  },

  'renew-lease': async (
    { db, transaction },
    [repositoryId, digest, objectId, leaseMs]: [number, Buffer, string, number],
  ) => {
    const renewed = await transaction.update(
      [db.registry.links.cell(linkKey(repositoryId, hex(digest)))],
      (row) => row.object_id === objectId && !row.hidden,
      (row) => ({ lease_until: Math.max(row.lease_until, db.clock() + leaseMs) }),
    );
    return renewed.length;
  },

  'lock-link-to-delete': (step, [repositoryId, digest]: [number, Buffer]) =>
    lockLink(step, linkKey(repositoryId, hex(digest)), ({ hidden }) => !hidden),
  'manifests-that-name-blob': (step, [repositoryId, digest]: [number, Buffer]) =>
    namedBy(step, repositoryId, hex(digest))
      .map((row) => ({ digest: bytes(row.digest), live: row.deleted_at === null }))
      .sort((one, other) => Number(other.live) - Number(one.live))
      .slice(0, 1),
  'hide-link': async ({ db, transaction }, [repositoryId, digest]: [number, Buffer]) => {
    const cell = db.registry.links.cell(linkKey(repositoryId, hex(digest)));
    return (
      await transaction.update(
        [cell],
        () => true,
        () => ({ hidden: true }),
      )
    ).length;
  },
  'delete-link': async ({ db, transaction }, [repositoryId, digest]: [number, Buffer]) => {
    const cell = db.registry.links.cell(linkKey(repositoryId, hex(digest)));
    return (await transaction.remove([cell], () => true)).length;
  },

  'find-mount-source': ({ db, transaction }, [repositoryId, digest]: [number, Buffer]) => {
    const link = db.registry.links.cell(linkKey(repositoryId, hex(digest))).see(transaction);
    return link && !link.hidden ? [link] : [];
  },
  'share-live-object': ({ db, transaction, lock }, [id]: [string]) => {
    const cells = db.registry.objects.where(transaction, (row) => row.id === id && row.state === 'live');
    return transaction.lock(cells, lock, ({ state }) => state === 'live');
  },
  'lock-mount-link': (step, [repositoryId, digest, objectId]: [number, Buffer, string]) =>
    lockLink(step, linkKey(repositoryId, hex(digest)), (row) => row.object_id === objectId && !row.hidden),
  'lock-target-link': (step, [repositoryId, digest, objectId]: [number, Buffer, string]) =>
    lockLink(step, linkKey(repositoryId, hex(digest)), (row) => row.object_id === objectId && !row.hidden),
  'link-mounted': async (step, [repositoryId, digest, objectId, leaseMs]: [number, Buffer, string, number]) => {
    const { db, transaction } = step;
    const { edges, links, objects } = db.registry;
    const waiting = edges.where(transaction, (row) => row.repository_id === repositoryId && row.digest === hex(digest));
    await transaction.update(
      waiting,
      (row) => row.object_id === null && row.child_id === null,
      () => ({ object_id: objectId }),
    );
    await referToRepository(step, repositoryId);
    const lease = db.clock() + leaseMs;
    const link = { repository_id: repositoryId, digest: hex(digest), object_id: objectId, hidden: false };
    await transaction.upsert(links, linkKey(repositoryId, hex(digest)), { ...link, lease_until: lease }, (before) => ({
      ...{ object_id: objectId, hidden: false, lease_until: Math.max(before.lease_until, lease) },
    }));
    await transaction.refer(objects.cell(objectId));
    return 1;
  },

  'share-live-objects': async (step, [repositoryId, digests]: [number, Buffer[]]) => {
    const { db, transaction, lock } = step;
    const { objects } = db.registry;
    const seen = linkedObjects(step, repositoryId, digests).filter(
      (link) => objects.cell(link.object_id).see(transaction)?.state === 'live',
    );
    const held = await transaction.lock(
      seen.map((link) => objects.cell(link.object_id)),
      lock,
      ({ state }) => state === 'live',
    );
    return pairs(seen, held);
  },
  'take-current-objects': async (step, [repositoryId, digests]: [number, Buffer[]]) => {
    const { db, transaction, lock } = step;
    const { objects } = db.registry;
    const seen = linkedObjects(step, repositoryId, digests).filter((link) =>
      isCurrent(objects.cell(link.object_id).see(transaction)?.state ?? 'gone'),
    );
    const cells = seen.map((link) => objects.cell(link.object_id));
    const held = await transaction.lock(cells, lock, ({ state }) => isCurrent(state));
    return pairs(seen, held).map((row) => ({ ...row, condemned: row.state === 'condemned' }));
  },
  'replaced-since-look': ({ db, transaction }, [ids]: [string[]]) =>
    db.registry.objects
      .rows(transaction)
      .filter(({ id, state }) => ids.includes(id) && isCurrent(state))
      .slice(0, 1),
  'share-visible-links': async (step, [repositoryId, digests]: [number, Buffer[]]) => {
    const { db, transaction, lock } = step;
    const seen = linkedObjects(step, repositoryId, digests).sort(by((row) => row.digest));
    const cells = seen.map((row) => db.registry.links.cell(linkKey(repositoryId, row.digest)));
    const held = await transaction.lock(cells, lock, ({ hidden }) => !hidden);
    return held.map((row) => ({ digest: bytes(row.digest), object_id: row.object_id }));
  },
};

function pairs(seen: readonly Link[], held: readonly { id: string; state: string }[]) {
  return seen.flatMap((link) =>
    held
      .filter(({ id }) => id === link.object_id)
      .map(({ id, state }) => ({ digest: bytes(link.digest), object_id: id, state })),
  );
}
