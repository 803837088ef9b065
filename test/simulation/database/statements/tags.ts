import type { Statements } from '../statement.js';
import { type Manifest, type TagRow, tagKey } from '../tables.js';
import { manifestsOf, noteHistory, shownManifest } from './manifests.js';

// Tags, and what happened to them.

export const TAG_STATEMENTS: Statements = {
  'set-tags': async (step, [repositoryId, manifestId, names]: [number, number, string[]]) => {
    const { db, transaction } = step;
    const written: object[] = [];
    for (const name of [...new Set(names)].sort()) {
      const fresh: TagRow = {
        ...{
          repository_id: repositoryId,
          name,
          manifest_id: manifestId,
          previous_manifest_id: null,
          set_at: db.clock(),
        },
      };
      const { row, isWritten } = await transaction.upsert(
        db.registry.tags,
        tagKey(repositoryId, name),
        fresh,
        (before) => {
          if (before.manifest_id === manifestId && before.set_at >= db.clock() - 60_000) return undefined;
          return { previous_manifest_id: before.manifest_id, manifest_id: manifestId, set_at: db.clock() };
        },
      );
      for (const cell of manifestsOf(step, [manifestId])) await transaction.refer(cell);
      if (isWritten) written.push({ name: row.name, previous_manifest_id: row.previous_manifest_id });
    }
    return written;
  },

  'note-tag-moves': async (
    step,
    [repositoryId, id, operation, , names, previous]: [number, number, string, string, string[], (number | null)[]],
  ) => {
    for (const [n, name] of names.entries())
      await noteHistory(step, { repositoryId, name, from: previous[n] ?? null, to: id, operation });
    const cells = manifestsOf(step, [id]).filter((cell) => cell.see(step.transaction)?.untagged_at !== null);
    return (
      await step.transaction.update(
        cells,
        (row) => row.untagged_at !== null,
        () => ({ untagged_at: null }),
      )
    ).length;
  },

  'delete-tag': async (step, [repositoryId, name, operation]: [number, string, string]) => {
    const { db, transaction } = step;
    const removed = await transaction.remove([db.registry.tags.cell(tagKey(repositoryId, name))], () => true);
    for (const row of removed)
      await noteHistory(step, { repositoryId, name, from: row.manifest_id, to: null, operation });
    return removed;
  },

  'digest-of-untagged': (step, [id]: [number]) =>
    manifestsOf(step, [id]).map((cell) => shownManifest(cell.see(step.transaction) as Manifest)),
};
