import { type Statements, type Step } from '../statement.js';
import { SqlError } from '../transaction.js';

// Names: groups, projects, repositories, and what every change of a repository ends with. Nothing is deleted here yet.

type Events = [types: string[], subjects: string[], data: string[]];

/** Where a repository is, by id of its project. */
export function repositoryAt({ db, transaction }: Step, projectId: number, path: string) {
  return db.registry.repositories.rows(transaction).find((row) => row.project_id === projectId && row.path === path);
}

function appendTo(step: Step, events: Events, ids: string[], topic: string, key: string, firstVersion: number): number {
  const { db, transaction } = step;
  const [types, subjects, data] = events;
  for (const [n, type] of types.entries()) {
    const seq = db.registry.outbox.nextId();
    const row = { seq, event_id: ids[n] as string, topic, message_key: key, type, subject: subjects[n] as string };
    const rest = { aggregate_version: firstVersion + n, created_at: db.clock(), data: JSON.parse(data[n] as string) };
    void transaction.insert(db.registry.outbox, `${seq}`, { ...row, ...rest });
  }
  return types.length;
}

export const SCOPE_STATEMENTS: Statements = {
  'resolve-scopes': ({ db, transaction }, [paths]: [string[]]) => {
    const { projects, groups } = db.registry;
    const found = (kind: string, rows: { path: string; id: number }[]) =>
      rows.filter(({ path }) => paths.includes(path)).map(({ path, id }) => ({ kind, path, id }));
    return [
      { kind: 'xmin', path: '', id: db.oldestOpenXid },
      ...found('project', projects.rows(transaction)),
      ...found('group', groups.rows(transaction)),
    ];
  },

  'locate-repository': (step, [projectId, path]: [number, string]) => {
    const project = step.db.registry.projects.rows(step.transaction).find(({ id }) => id === projectId);
    if (!project) return [];
    const repository = repositoryAt(step, projectId, path);
    return [{ repository_id: repository?.id ?? null, shown: repository?.shown ?? null }];
  },

  'locate-by-path': (step, [paths, xid, name]: [string[], string, string]) => {
    const { projects, groups } = step.db.registry;
    const project = projects
      .rows(step.transaction)
      .filter(({ path }) => paths.includes(path))
      .sort((a, b) => b.path.length - a.path.length)[0];
    if (!project) return [];
    const group = groups.rows(step.transaction).find(({ id }) => id === project.group_id);
    const repository = repositoryAt(step, project.id, name.slice(project.path.length + 1));
    const newer = project.created_xid >= Number(xid);
    const found = { repository_id: repository?.id ?? null, shown: repository?.shown ?? null };
    return [{ ...project, group_created_by: group?.created_by, newer, ...found }];
  },

  'make-group': async ({ db, transaction }, [path, principal]: [string, string]) => {
    const id = db.registry.groups.nextId();
    return Number(await transaction.insert(db.registry.groups, path, { id, path, created_by: principal }));
  },
  'find-group-by-path': ({ db, transaction }, [path]: [string]) =>
    db.registry.groups.rows(transaction).filter((row) => row.path === path),
  'find-group': ({ db, transaction }, [id]: [number]) =>
    db.registry.groups.rows(transaction).filter((row) => row.id === id),

  'make-project': async ({ db, transaction }, [groupId, path, principal]: [number, string, string]) => {
    const id = db.registry.projects.nextId();
    const row = { id, group_id: groupId, path, created_by: principal, created_xid: transaction.xid, version: 0 };
    return (await transaction.insert(db.registry.projects, path, row)) ? [{ id }] : [];
  },
  'append-project-events': async (step, values: [number, number, string, string[], ...Events]) => {
    const [projectId, count, topic, ids, ...events] = values;
    const cells = step.db.registry.projects.where(step.transaction, (row) => row.id === projectId);
    const [bumped] = await step.transaction.update(
      cells,
      () => true,
      ({ version }) => ({ version: version + count }),
    );
    return bumped ? appendTo(step, events, ids, topic, `project:${projectId}`, bumped.version - count + 1) : 0;
  },

  'make-repository': async ({ db, transaction }, [projectId, path, fullPath]: [number, string, string]) => {
    const id = db.registry.repositories.nextId();
    const row = {
      id,
      project_id: projectId,
      path,
      full_path: fullPath,
      version: 0,
      shown: false,
      created_at: db.clock(),
    };
    return Number(await transaction.insert(db.registry.repositories, `${projectId} ${path}`, row));
  },
  'append-repository-events': async (step, values: [number, number, string, string[], ...Events, boolean]) => {
    const [id, count, topic, ids, types, subjects, data, show] = values;
    const cells = step.db.registry.repositories.where(step.transaction, (row) => row.id === id);
    const [bumped] = await step.transaction.update(
      cells,
      () => true,
      (row) => ({
        version: row.version + count,
        shown: row.shown || show,
      }),
    );
    return bumped ? appendTo(step, [types, subjects, data], ids, topic, `${id}`, bumped.version - count + 1) : 0;
  },
  'assert-repository-live': (step, [id]: [number]) => lockRepository(step, id),
  'repository-path': (step, [id]: [number]) => lockRepository(step, id),

  // There are no rules here, so that any tag may move.
  'note-operation-under-rules': async ({ db, transaction }, [id]: [string]) =>
    (await transaction.insert(db.registry.operations, id, { id, finished_at: db.clock() })) ? [{ rules: null }] : [],

  'note-finished-operation': async ({ db, transaction }, [id]: [string]) =>
    Number(await transaction.insert(db.registry.operations, id, { id, finished_at: db.clock() })),
};

function lockRepository({ db, transaction, lock }: Step, id: number) {
  const cells = db.registry.repositories.where(transaction, (row) => row.id === id);
  return transaction.lock(cells, lock, () => true);
}

/** What a foreign key to a repository does. @throws SqlError where it is not there */
export async function referToRepository({ db, transaction }: Step, id: number): Promise<void> {
  const [cell] = db.registry.repositories.where(transaction, (row) => row.id === id);
  if (!cell) throw dropped(id);
  // It may go while it is waited for.
  await transaction.take(cell, { mode: 'KEY SHARE', skips: false });
  if (cell.see(transaction) === undefined) throw dropped(id);
}

const dropped = (id: number) => new SqlError('23503', `there is no repository ${id}`, 'its_repository_id_fkey');
