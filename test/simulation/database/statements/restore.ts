import { bytes, hex, type Statements, type Step } from '../statement.js';
import { type Edge, type Link, linkKey, type Manifest, manifestKey, tagKey } from '../tables.js';
import { manifestsOf, noteHistory } from './manifests.js';

// What brings a deleted manifest back.

/** A deleted manifest of a repository with the deleted ones below it, as far as edges lead. */
function deletedAt(step: Step, repositoryId: number, id: number): Manifest[] {
  const see = (ids: (number | null)[]) =>
    manifestsOf(step, ids)
      .flatMap((cell) => cell.see(step.transaction) ?? [])
      .filter((row) => row.deleted_at !== null);
  const found = see([id]).filter((row) => row.repository_id === repositoryId);
  for (const row of found) {
    const children = edgesOf(step, [row.id]).map((edge) => edge.child_id);
    found.push(...see(children).filter((child) => !found.some((each) => each.id === child.id)));
  }
  return found;
}

function edgesOf({ db, transaction }: Step, ids: readonly number[]): Edge[] {
  return db.registry.edges.rows(transaction).filter((row) => ids.includes(row.manifest_id));
}

/** An edge that waits for what it names. */
const waits = (row: Edge): boolean => row.object_id === null && row.child_id === null;

export const RESTORE_STATEMENTS: Statements = {
  'find-deleted': ({ db, transaction }, [repositoryId, digest]: [number, Buffer]) => {
    const row = db.registry.manifests.cell(manifestKey(repositoryId, hex(digest))).see(transaction);
    return row && row.deleted_at !== null ? [{ id: row.id }] : [];
  },
  'needed-to-restore': (step, [repositoryId, id]: [number, number]) =>
    deletedAt(step, repositoryId, id).flatMap((row): object[] => {
      const base = { id: row.id, own: bytes(row.digest), subject: row.subject === null ? null : bytes(row.subject) };
      const edges = edgesOf(step, [row.id]);
      if (edges.length === 0) return [{ ...base, digest: null, object_id: null, child_id: null }];
      return edges.map((edge) => ({ ...base, ...edge, id: row.id, digest: bytes(edge.digest) }));
    }),
  'share-objects-to-restore': ({ db, transaction, lock }, [ids]: [string[]]) => {
    const isLive = ({ state }: { state: string }) => state === 'live';
    const cells = [...ids].sort().map((id) => db.registry.objects.cell(id));
    return transaction.lock(
      cells.filter((cell) => cell.see(transaction)?.state === 'live'),
      lock,
      isLive,
    );
  },
  'lock-links-to-restore': (step, [repositoryId, digests]: [number, Buffer[]]) =>
    step.transaction.lock(linksOf(step, repositoryId, digests), step.lock, () => true),
  'show-links-to-restore': async (step, [repositoryId, digests]: [number, Buffer[]]) => {
    const { db, transaction } = step;
    const isHidden = (row: Link) => row.hidden;
    const cells = linksOf(step, repositoryId, digests).filter((cell) => cell.see(transaction)?.hidden);
    const shown = await transaction.update(cells, isHidden, () => ({ hidden: false }));
    let told = 0;
    for (const link of shown) {
      const isIts = (row: Edge) => row.repository_id === repositoryId && row.digest === link.digest && waits(row);
      const to = { object_id: link.object_id };
      told += (await transaction.update(db.registry.edges.where(transaction, isIts), isIts, () => to)).length;
    }
    return told;
  },
  'lock-to-restore': async (step, [ids]: [number[]]) => {
    const isDeleted = (row: Manifest) => row.deleted_at !== null;
    const cells = manifestsOf(step, ids).filter((cell) => isDeleted(cell.see(step.transaction) as Manifest));
    const held = await step.transaction.lock(cells, step.lock, isDeleted);
    return held.map((row) => ({ ...row, age_ms: step.db.clock() - (row.deleted_at as number) }));
  },
  'share-children-to-restore': (step, [ids]: [number[]]) => {
    const isLive = (row: Manifest) => row.deleted_at === null;
    const cells = manifestsOf(step, ids).filter((cell) => isLive(cell.see(step.transaction) as Manifest));
    return step.transaction.lock(cells, step.lock, isLive);
  },
  'restore-manifests': async (step, [ids]: [number[]]) => {
    const { db, transaction } = step;
    for (const cell of manifestsOf(step, ids)) {
      const { id, repository_id, digest } = cell.see(transaction) as Manifest;
      const isIts = (row: Edge) => row.repository_id === repository_id && row.digest === digest && waits(row);
      await transaction.update(db.registry.edges.where(transaction, isIts), isIts, () => ({ child_id: id }));
    }
    const restored = await transaction.update(
      manifestsOf(step, ids),
      () => true,
      (row) => ({
        ...{ deleted_at: null, delete_reason: null, delete_operation: null },
        untagged_at: row.subject === null ? db.clock() : null,
      }),
    );
    return restored.length;
  },
  'stop-clocks-of-restored': async (step, [ids]: [number[]]) => {
    const children = edgesOf(step, ids).map((edge) => edge.child_id);
    const runs = (row: Manifest) => row.untagged_at !== null;
    const cells = manifestsOf(step, children).filter((cell) => runs(cell.see(step.transaction) as Manifest));
    return (await step.transaction.update(cells, runs, () => ({ untagged_at: null }))).length;
  },
  'tags-lost-in-operation': ({ db, transaction }, [repositoryId, operation, manifestId]: [number, string, number]) =>
    db.registry.history
      .rows(transaction)
      .filter((row) => row.repository_id === repositoryId && row.operation === operation)
      .filter((row) => row.from_manifest_id === manifestId && row.to_manifest_id === null)
      .map(({ name }) => ({ name })),
  'tags-of-operation': ({ db, transaction }, [repositoryId, operation]: [number, string]) =>
    db.registry.history
      .rows(transaction)
      .filter((row) => row.repository_id === repositoryId && row.operation === operation && row.to_manifest_id !== null)
      .map(({ name }) => ({ name })),
  'put-tags-back': async (step, [repositoryId, id, names, operation]: [number, number, string[], string]) => {
    const { db, transaction } = step;
    const back: { name: string }[] = [];
    for (const name of [...names].sort()) {
      const row = {
        repository_id: repositoryId,
        name,
        manifest_id: id,
        previous_manifest_id: null,
        set_at: db.clock(),
      };
      if (!(await transaction.insert(db.registry.tags, tagKey(repositoryId, name), row))) continue;
      await noteHistory(step, { repositoryId, name, from: null, to: id, operation });
      back.push({ name });
    }
    await transaction.update(
      manifestsOf(step, [id]),
      () => true,
      () => ({ untagged_at: null }),
    );
    return back;
  },
};

function linksOf({ db, transaction }: Step, repositoryId: number, digests: readonly Buffer[]) {
  const keys = [...new Set(digests.map((digest) => linkKey(repositoryId, hex(digest))))].sort();
  return keys.map((key) => db.registry.links.cell(key)).filter((cell) => cell.see(transaction) !== undefined);
}
