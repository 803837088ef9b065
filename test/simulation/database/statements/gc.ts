import { by, type Statements, type Step } from '../statement.js';
import type { CandidateRow } from '../tables.js';

// What the collector keeps for itself: references that events told of, candidates, how far its walks have come.

const candidateKey = (kind: string, subject: string): string => `${kind} ${subject}`;
const referenceKey = (manifestId: number, digest: string): string => `${manifestId} ${digest}`;

type Noted = [kinds: string[], subjects: string[], dues: Date[], reasons: string[]];

/** One for each thing, sorted. */
function noted([kinds, subjects, dues, reasons]: Noted): CandidateRow[] {
  const rows = new Map<string, CandidateRow>();
  for (const [n, kind] of kinds.entries()) {
    const [subject, due, reason] = [subjects[n] as string, (dues[n] as Date).getTime(), reasons[n] as string];
    const before = rows.get(candidateKey(kind, subject));
    rows.set(candidateKey(kind, subject), {
      ...{ kind, subject, due_at: Math.max(due, before?.due_at ?? 0) },
      reason: before && before.reason < reason ? before.reason : reason,
      ...{ version: 1, attempts: 0, taken_until: null, kept: null },
    });
  }
  return [...rows.values()].sort(by((row) => candidateKey(row.kind, row.subject)));
}

const CANDIDATES: Statements = {
  'INSERT INTO gc.candidate AS c (kind, subject, due_at, reason) SELECT': async (
    { db, transaction },
    values: Noted,
  ) => {
    for (const row of noted(values)) {
      await transaction.upsert(db.gc.candidates, candidateKey(row.kind, row.subject), row, (before) => ({
        ...{ due_at: Math.max(before.due_at, row.due_at), reason: row.reason, version: before.version + 1 },
        ...{ attempts: 0, taken_until: null },
      }));
    }
    return 0;
  },
  'INSERT INTO gc.candidate AS c (kind, subject, due_at, reason) VALUES': async (
    { db, transaction },
    [kind, subject, due, reason]: [string, string, Date, string],
  ) => {
    const [row] = noted([[kind], [subject], [due], [reason]]) as [CandidateRow];
    await transaction.upsert(db.gc.candidates, candidateKey(kind, subject), row, (before) => ({
      ...{ due_at: Math.min(before.due_at, row.due_at), reason, version: before.version + 1 },
      ...{ attempts: 0, taken_until: null },
    }));
    return 1;
  },
  'INSERT INTO gc.candidate (kind': async ({ db, transaction }, values: Noted) => {
    for (const row of noted(values))
      await transaction.insert(db.gc.candidates, candidateKey(row.kind, row.subject), row);
    return 0;
  },
  'UPDATE gc.candidate c SET taken_until': async (
    { db, transaction, lock },
    [kind, limit, takenMs]: [string, number, number],
  ) => {
    const now = db.clock();
    const isDue = (row: CandidateRow) =>
      row.kind === kind && row.due_at <= now && (row.taken_until === null || row.taken_until < now);
    const due = db.gc.candidates
      .rows(transaction)
      .filter(isDue)
      .sort(by((row) => row.due_at))
      .slice(0, limit);
    const cellOf = (row: CandidateRow) => db.gc.candidates.cell(candidateKey(kind, row.subject));
    const held = await transaction.lock(due.map(cellOf), lock, isDue);
    return transaction.update(
      held.map(cellOf),
      () => true,
      (row) => ({ taken_until: now + takenMs, attempts: row.attempts + 1 }),
    );
  },
  'WITH settled AS ( SELECT * FROM unnest': async (
    { db, transaction },
    [kind, subjects, versions, agains, kepts]: [string, string[], number[], (Date | null)[], (string | null)[]],
  ) => {
    for (const [n, subject] of subjects.entries()) {
      const cell = db.gc.candidates.cell(candidateKey(kind, subject));
      const again = agains[n];
      const isSame = (row: CandidateRow) => row.version === versions[n];
      if (cell.see(transaction) === undefined) continue;
      if (again)
        await transaction.update([cell], isSame, () => ({
          ...{ due_at: again.getTime(), taken_until: null, kept: kepts[n] ?? null },
        }));
      else await transaction.remove([cell], isSame);
    }
    return 0;
  },
};

type Pushed = [id: number, repositoryId: number, digest: string, subject: string | null, version: number];

function referencesOf({ db, transaction }: Step, manifestId: number) {
  return db.gc.references.rows(transaction).filter((row) => row.manifest_id === manifestId);
}

const REFERENCES: Statements = {
  'INSERT INTO gc.manifest': async ({ db, transaction }, [id, repositoryId, digest, subject, version]: Pushed) => {
    const row = { id, repository_id: repositoryId, digest, subject, version, deleted_at: null };
    const { isWritten } = await transaction.upsert(db.gc.manifests, `${id}`, row, (before) =>
      before.version < version ? { version, deleted_at: null } : undefined,
    );
    return Number(isWritten);
  },
  'INSERT INTO gc.reference': async (
    { db, transaction },
    [id, digests, objects, children]: [number, string[], (string | null)[], (number | null)[]],
  ) => {
    for (const [n, digest] of digests.entries()) {
      const to = { object_id: objects[n] ?? null, child_id: children[n] ?? null };
      const row = { manifest_id: id, digest, ...to };
      await transaction.upsert(db.gc.references, referenceKey(id, digest), row, () => to);
    }
    return digests.length;
  },
  'UPDATE gc.manifest SET deleted_at': async (
    { db, transaction },
    [id, deletedAt, version]: [number, Date, number],
  ) => {
    const cell = db.gc.manifests.cell(`${id}`);
    const deleted = { deleted_at: deletedAt, version };
    return (
      await transaction.update(
        [cell],
        (row) => row.version < version,
        () => deleted,
      )
    ).length;
  },
  'SELECT child_id FROM gc.reference': (step, [id]: [number]) =>
    referencesOf(step, id).filter((row) => row.child_id !== null),
  'SELECT digest, object_id, child_id FROM gc.reference': (step, [id]: [number]) => referencesOf(step, id),
  'DELETE FROM gc.manifest': async (step, [id]: [number]) => {
    const { db, transaction } = step;
    const cells = referencesOf(step, id).map((row) => db.gc.references.cell(referenceKey(id, row.digest)));
    await transaction.remove(cells, () => true);
    return transaction.remove([db.gc.manifests.cell(`${id}`)], () => true);
  },
  'SELECT id FROM gc.manifest WHERE repository_id': ({ db, transaction }, [repositoryId, digest]: [number, string]) =>
    db.gc.manifests.rows(transaction).filter((row) => row.repository_id === repositoryId && row.subject === digest),
};

const WALKS: Statements = {
  'INSERT INTO gc.scan': async ({ db, transaction }, [kinds]: [string[]]) => {
    for (const kind of kinds) await transaction.insert(db.gc.scans, kind, { kind, after: '', ended_at: null });
    return 0;
  },
  'SELECT kind, after, hurried FROM gc.scan': async ({ db, transaction, lock }, [everyMs]: [number]) => {
    const isDue = (row: { ended_at: number | null }) => row.ended_at === null || row.ended_at < db.clock() - everyMs;
    const [due] = db.gc.scans
      .where(transaction, isDue)
      .sort(by((cell) => `${`${cell.see(transaction)?.ended_at ?? 0}`.padStart(20, '0')} ${cell.key}`));
    if (!due) return [];
    return (await transaction.lock([due], lock, isDue)).map((row) => ({ ...row, hurried: false }));
  },
  'UPDATE gc.scan SET after': async ({ db, transaction }, [kind, next]: [string, string | null]) => {
    const after = { after: next ?? '', ended_at: next === null ? db.clock() : null };
    return (
      await transaction.update(
        [db.gc.scans.cell(kind)],
        () => true,
        () => after,
      )
    ).length;
  },
};

export const GC_STATEMENTS: Statements = { ...CANDIDATES, ...REFERENCES, ...WALKS };
