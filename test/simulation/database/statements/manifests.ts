import { by, bytes, hex, type Statements, type Step } from '../statement.js';
import type { Cell } from '../table.js';
import { type Edge, type Manifest, manifestKey, type TagRow, tagKey } from '../tables.js';

import { referToRepository } from './scope.js';

// Manifests, what they name and what names them; tags.

/** Places of manifests by id, in order of id. */
export function manifestsOf({ db, transaction }: Step, ids: readonly (number | null)[]): Cell<Manifest>[] {
  const wanted = new Set(ids);
  const cells = db.registry.manifests.where(transaction, ({ id }) => wanted.has(id));
  return cells.sort(by((cell) => (cell.see(transaction) as Manifest).id));
}

export const shownManifest = (row: Manifest) => ({
  ...row,
  digest: bytes(row.digest),
  subject: row.subject === null ? null : bytes(row.subject),
});

const edgeKey = (manifestId: number, digest: string): string => `${manifestId} ${digest}`;

export function isTagged({ db, transaction }: Step, manifestId: number): boolean {
  return db.registry.tags.rows(transaction).some((tag) => tag.manifest_id === manifestId);
}

/** Whether a live manifest has an edge like this. */
function hasLiveParent({ db, transaction }: Step, matches: (edge: Edge) => boolean): boolean {
  const { edges, manifests } = db.registry;
  const parents = new Set(
    edges
      .rows(transaction)
      .filter(matches)
      .map((edge) => edge.manifest_id),
  );
  return manifests.rows(transaction).some(({ id, deleted_at }) => parents.has(id) && deleted_at === null);
}

async function insertEdges(
  step: Step,
  id: number,
  repositoryId: number,
  digests: Buffer[],
  objects: (string | null)[],
  children: (number | null)[],
) {
  const { db, transaction } = step;
  const { registry } = db;
  for (const [n, digest] of digests.entries()) {
    const [objectId = null, childId = null] = [objects[n], children[n]];
    const row = {
      manifest_id: id,
      repository_id: repositoryId,
      digest: hex(digest),
      object_id: objectId,
      child_id: childId,
    };
    await transaction.insert(registry.edges, edgeKey(id, hex(digest)), row);
    if (objectId !== null) await transaction.refer(registry.objects.cell(objectId));
    const [child] = childId === null ? [] : manifestsOf(step, [childId]);
    if (child) await transaction.refer(child);
  }
}

type Insert = [
  repositoryId: number,
  digest: Buffer,
  mediaType: string,
  size: number,
  body: Buffer,
  subject: Buffer | null,
  subjectSeen: boolean,
  artifactType: string | null,
  annotations: string | null,
  isUntagged: boolean,
  digests: Buffer[],
  objects: (string | null)[],
  children: (number | null)[],
];

async function startClocks(step: Step, cells: readonly Cell<Manifest>[], isNamed: (row: Manifest) => boolean) {
  const { db, transaction, lock } = step;
  const free = await transaction.lock(cells, lock, () => true);
  const due = free.filter((row) => row.deleted_at === null && !isTagged(step, row.id) && !isNamed(row));
  const started = await transaction.update(
    manifestsOf(
      step,
      due.map(({ id }) => id),
    ),
    () => true,
    () => ({
      untagged_at: db.clock(),
    }),
  );
  return started.length;
}

export const MANIFEST_STATEMENTS: Statements = {
  'share-live-manifests': async (step, [repositoryId, digests, own]: [number, Buffer[], Buffer]) => {
    const { db, transaction, lock } = step;
    const wanted = new Set(digests.map(hex));
    const isWanted = (row: Manifest) =>
      row.repository_id === repositoryId &&
      row.deleted_at === null &&
      (wanted.has(row.digest) || row.subject === hex(own));
    const cells = manifestsOf(
      step,
      db.registry.manifests
        .rows(transaction)
        .filter(isWanted)
        .map(({ id }) => id),
    );
    return (await transaction.lock(cells, lock, isWanted)).map(shownManifest);
  },

  'subject-is-or-was-here': ({ db, transaction }, [repositoryId, digest]: [number, Buffer]) =>
    present(db.registry.manifests.cell(manifestKey(repositoryId, hex(digest))).see(transaction)),
  'known-manifest-id': ({ db, transaction }, [repositoryId, digest]: [number, Buffer]) =>
    present(db.registry.manifests.cell(manifestKey(repositoryId, hex(digest))).see(transaction)),

  'insert-manifest': async (step, values: Insert) => {
    const { db, transaction } = step;
    const [repositoryId, digest, mediaType, size, , subject, subjectSeen, artifactType, , isUntagged, ...edges] =
      values;
    const id = db.registry.manifests.nextId();
    const row: Manifest = {
      ...{ id, repository_id: repositoryId, digest: hex(digest), media_type: mediaType, size },
      ...{ subject: subject && hex(subject), subject_seen: subjectSeen, artifact_type: artifactType },
      ...{ untagged_at: isUntagged ? db.clock() : null, deleted_at: null, delete_operation: null, delete_reason: null },
    };
    const isNew = await transaction.insert(db.registry.manifests, manifestKey(repositoryId, hex(digest)), row);
    if (!isNew) return [];
    await referToRepository(step, repositoryId);
    await insertEdges(step, id, repositoryId, ...edges);
    return [{ id }];
  },

  'lock-manifest-to-push': async ({ db, transaction, lock }, [repositoryId, digest]: [number, Buffer]) => {
    const cell = db.registry.manifests.cell(manifestKey(repositoryId, hex(digest)));
    if (cell.see(transaction) === undefined) return [];
    const held = await transaction.lock([cell], lock, () => true);
    return held.map((row) => ({ ...row, deleted: row.deleted_at !== null, untagged: row.untagged_at !== null }));
  },
  'revive-manifest': async (
    step,
    [id, mediaType, isUntagged, artifactType]: [number, string, boolean, string | null],
  ) => {
    const now = step.db.clock();
    const revived = await step.transaction.update(
      manifestsOf(step, [id]),
      () => true,
      (row) => ({
        ...{ deleted_at: null, delete_reason: null, delete_operation: null },
        ...{ media_type: mediaType, artifact_type: artifactType },
        untagged_at: row.untagged_at !== null || (row.deleted_at !== null && isUntagged) ? now : null,
      }),
    );
    return revived.length;
  },
  'redirect-edges': async (
    step,
    [id, digests, objects, children]: [number, Buffer[], (string | null)[], (number | null)[]],
  ) => {
    const { db, transaction } = step;
    let redirected = 0;
    for (const [n, digest] of digests.entries()) {
      const to = { object_id: objects[n] ?? null, child_id: children[n] ?? null };
      const cell = db.registry.edges.cell(edgeKey(id, hex(digest)));
      const changed = await transaction.update(
        [cell],
        (row) => row.object_id !== to.object_id || row.child_id !== to.child_id,
        () => to,
      );
      redirected += changed.length;
      if (changed.length > 0 && to.object_id !== null) await transaction.refer(db.registry.objects.cell(to.object_id));
    }
    return redirected;
  },

  'manifest-arrived': async (step, [repositoryId, digest, id]: [number, Buffer, number]) => {
    const { db, transaction } = step;
    const { edges, manifests } = db.registry;
    const waiting = edges.where(transaction, (row) => row.repository_id === repositoryId && row.digest === hex(digest));
    await transaction.update(
      waiting,
      (row) => row.object_id === null && row.child_id === null,
      () => ({ child_id: id }),
    );
    const isReferrer = (row: Manifest) =>
      row.repository_id === repositoryId && row.subject === hex(digest) && !row.subject_seen;
    const told = await transaction.update(manifests.where(transaction, isReferrer), isReferrer, () => ({
      subject_seen: true,
    }));
    return told.length;
  },
  'stop-untagged-clocks': async (step, [ids]: [number[]]) => {
    const { transaction } = step;
    const cells = manifestsOf(step, ids).filter((cell) => cell.see(transaction)?.untagged_at !== null);
    const stopped = await transaction.update(
      cells,
      (row) => row.untagged_at !== null,
      () => ({ untagged_at: null }),
    );
    return stopped.length;
  },

  'start-untagged-clocks': (step, [ids]: [number[]]) =>
    startClocks(step, manifestsOf(step, ids), (row) =>
      hasLiveParent(step, (edge) => edge.repository_id === row.repository_id && edge.digest === row.digest),
    ),

  'lock-manifest-to-delete': ({ db, transaction, lock }, [repositoryId, digest]: [number, Buffer]) => {
    const cell = db.registry.manifests.cell(manifestKey(repositoryId, hex(digest)));
    const isLive = (row: Manifest) => row.deleted_at === null;
    const row = cell.see(transaction);
    return row && isLive(row) ? transaction.lock([cell], lock, isLive) : [];
  },
  'live-parents': (step, [repositoryId, digest, manifestId]: [number, Buffer, number]) => {
    const { db, transaction } = step;
    const { edges, manifests, tags } = db.registry;
    const naming = edges
      .rows(transaction)
      .filter((row) => row.repository_id === repositoryId && row.digest === hex(digest));
    const parents = new Set(naming.map((edge) => edge.manifest_id));
    const namesOf = (id: number) =>
      tags
        .rows(transaction)
        .filter((tag) => tag.manifest_id === id)
        .map(({ name }) => name);
    const live = manifests.rows(transaction).filter(({ id, deleted_at }) => parents.has(id) && deleted_at === null);
    const tagged = isTagged(step, manifestId);
    return live.map((row) => ({ digest: bytes(row.digest), tagged, tags: namesOf(row.id).sort() }));
  },
  'tombstone-manifest': async (
    step,
    [repositoryId, id, operation, , reason]: [number, number, string, string, 'request' | 'collector'],
  ) => {
    const { db, transaction } = step;
    const { tags } = db.registry;
    await transaction.update(
      manifestsOf(step, [id]),
      () => true,
      () => ({
        ...{ deleted_at: db.clock(), delete_operation: operation, delete_reason: reason },
      }),
    );
    const isOfIt = (row: TagRow) => row.repository_id === repositoryId && row.manifest_id === id;
    const names = tags
      .rows(transaction)
      .filter(isOfIt)
      .sort(by(({ name }) => name));
    const removed = await transaction.remove(
      names.map(({ name }) => tags.cell(tagKey(repositoryId, name))),
      isOfIt,
    );
    for (const { name } of removed) await noteHistory(step, { repositoryId, name, from: id, to: null, operation });
    return removed.map(({ name }) => ({ name }));
  },
  'start-orphan-clocks': (step, [parentId]: [number]) => {
    const { edges } = step.db.registry;
    const named = edges.rows(step.transaction).filter((row) => row.manifest_id === parentId && row.child_id !== null);
    const cells = manifestsOf(
      step,
      named.map((row) => row.child_id),
    );
    return startClocks(step, cells, (row) => hasLiveParent(step, (edge) => edge.child_id === row.id));
  },

  'revived-manifests': (step, [ids]: [number[]]) =>
    manifestsOf(step, ids).map((cell) => shownManifest(cell.see(step.transaction) as Manifest)),
  'edges-of-revived': ({ db, transaction }, [ids]: [number[]]) =>
    db.registry.edges
      .rows(transaction)
      .filter((row) => ids.includes(row.manifest_id))
      .sort(by((row) => `${row.manifest_id.toString().padStart(9, '0')} ${row.digest}`))
      .map((row) => ({ ...row, digest: bytes(row.digest) })),

  'hidden-by-collector': (step, [repositoryId, digests]: [number, Buffer[]]) => {
    const { db, transaction } = step;
    const { manifests, edges } = db.registry;
    const wanted = new Set(digests.map(hex));
    const isRoot = (row: Manifest) =>
      row.repository_id === repositoryId && wanted.has(row.digest) && row.delete_reason !== 'request';
    const found = manifests
      .rows(transaction)
      .filter(isRoot)
      .flatMap((root) => below(step, root));
    return found.flatMap(({ root, row, collected }) => {
      const named = collected ? edges.rows(transaction).filter((edge) => edge.manifest_id === row.id) : [];
      const base = { root: bytes(root.digest), hidden: row.id, collected };
      if (named.length === 0) return [{ ...base, child: null, blob: null }];
      return named.map((edge) => ({
        ...base,
        child: edge.child_id,
        blob: edge.object_id === null ? null : bytes(edge.digest),
      }));
    });
  },
  'lock-to-revive': async (step, [ids]: [number[]]) => {
    const isWanted = (row: Manifest) => row.delete_reason !== 'request';
    const cells = manifestsOf(step, ids).filter((cell) => isWanted(cell.see(step.transaction) as Manifest));
    const held = await step.transaction.lock(cells, step.lock, isWanted);
    return held.map((row) => ({ id: row.id, digest: bytes(row.digest), collected: row.deleted_at !== null }));
  },
  'revive-collected-manifests': async (step, [ids]: [number[]]) => {
    const back = { deleted_at: null, delete_reason: null, delete_operation: null, untagged_at: null };
    return (
      await step.transaction.update(
        manifestsOf(step, ids),
        () => true,
        () => back,
      )
    ).length;
  },
};

/** A manifest and those below it that the collector hid. */
function below(step: Step, root: Manifest) {
  const { edges } = step.db.registry;
  const found = [{ root, row: root, collected: root.deleted_at !== null }];
  for (const { row } of found) {
    const children = edges
      .rows(step.transaction)
      .filter((edge) => edge.manifest_id === row.id)
      .map((edge) => edge.child_id);
    for (const cell of manifestsOf(step, children)) {
      const child = cell.see(step.transaction) as Manifest;
      if (child.delete_reason === 'collector' && !found.some((each) => each.row.id === child.id))
        found.push({ root, row: child, collected: true });
    }
  }
  return found;
}

function present(row: Manifest | undefined): object[] {
  return row ? [{ id: row.id }] : [];
}

/** One line of what happened to a tag. */
export async function noteHistory(
  { db, transaction }: Step,
  moved: { repositoryId: number; name: string; from: number | null; to: number | null; operation: string },
): Promise<void> {
  const id = db.registry.history.nextId();
  const { repositoryId, name, from, to, operation } = moved;
  const row = { id, repository_id: repositoryId, name, from_manifest_id: from, to_manifest_id: to, operation };
  await transaction.insert(db.registry.history, `${id}`, row);
}
