import type { Statements, Step } from '../statement.js';
import { SqlError } from '../transaction.js';

// Repositories that nothing is in any more. Nothing else deletes one here, nor a project.

/** Whether rows refer to a repository, as foreign keys do. */
export function isUsed({ db, transaction }: Step, id: number): boolean {
  const { manifests, links, sessions } = db.registry;
  return [manifests, links, sessions].some((table) => table.rows(transaction).some((row) => row.repository_id === id));
}

function lockRow({ db, transaction, lock }: Step, id: number) {
  return transaction.lock(
    db.registry.repositories.where(transaction, (row) => row.id === id),
    lock,
    () => true,
  );
}

export const REPOSITORY_STATEMENTS: Statements = {
  'drop-lock-project': ({ db, transaction, lock }, [repositoryId]: [number]) => {
    const repository = db.registry.repositories.rows(transaction).find(({ id }) => id === repositoryId);
    return transaction.lock(
      db.registry.projects.where(transaction, ({ id }) => id === repository?.project_id),
      lock,
      () => true,
    );
  },
  'drop-lock-repository': async (step, [id]: [number]) =>
    (await lockRow(step, id)).map((row) => ({ project_id: row.project_id, deleted: false, expunging: false })),
  'SELECT 1 FROM registry.repository WHERE id': ({ db, transaction }, [id]: [number]) =>
    db.registry.repositories.rows(transaction).filter((row) => row.id === id),
  'drop-lock-row': async (step, [id]: [number]) => (await lockRow(step, id)).map((row) => ({ ...row, live: true })),
  'drop-check': (step, [id, leaseMs]: [number, number]) =>
    step.db.registry.repositories
      .rows(step.transaction)
      .filter((row) => row.id === id)
      .map((row) => {
        const due = row.created_at + leaseMs;
        return { used: isUsed(step, id), due_at: new Date(due), due: due <= step.db.clock() };
      }),
  'DELETE FROM registry.repository': async (step, [id]: [number]) => {
    const { db, transaction } = step;
    const removed = await transaction.remove(
      db.registry.repositories.where(transaction, (row) => row.id === id),
      () => true,
    );
    if (isUsed(step, id)) throw new SqlError('23503', 'something is in the repository');
    return removed.length;
  },

  // Only deleted projects are asked for.
  'drop-lock-projects': () => [],
  'drop-busy-projects': () => [],
};
