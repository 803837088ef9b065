import { by, bytes, hex, type Statements, type Step } from '../statement.js';
import { type BlobObject, linkKey, type UploadSession } from '../tables.js';
import { SqlError } from '../transaction.js';
import { referToRepository, repositoryAt } from './scope.js';

// Upload sessions, from their intent to the blob.

type New = [
  uploadId: string,
  objectId: string,
  algorithm: string,
  principal: string,
  credential: string,
  ttlMs: number,
  mostOpen: number,
];

function shown(row: UploadSession) {
  return { ...row, digest: row.digest === null ? null : bytes(row.digest), opened_at: new Date(row.opened_at) };
}

async function begin(step: Step, values: New, repositoryId: number | undefined) {
  const { db, transaction } = step;
  const { registry } = db;
  const cells = registry.repositories.where(transaction, ({ id }) => id === repositoryId);
  const [repository] = await transaction.lock(cells, step.lock, () => true);
  const [uploadId, objectId, algorithm, principal, credential, ttlMs, mostOpen] = values;
  const open = registry.sessions.rows(transaction).filter(({ state }) => state === 'open').length;
  if (!repository || open >= mostOpen) return [];
  const object: BlobObject = {
    id: objectId,
    digest: null,
    size: null,
    state: 'uploading',
    purge_after: null,
    attempts: 0,
  };
  await transaction.insert(registry.objects, objectId, object);
  const session: UploadSession = {
    ...{ id: uploadId, repository_id: repository.id, project_id: repository.project_id, object_id: objectId },
    ...{ state: 'open', offset_bytes: 0, epoch: 0, claim_id: null, algorithm, digest: null, principal, credential },
    ...{ opened_at: db.clock(), expires_at: db.clock() + ttlMs, ended_at: null },
    ...{ store_state: null, store_sealed: false },
  };
  return (await transaction.insert(registry.sessions, uploadId, session)) ? [shown(session)] : [];
}

/** Ends sessions that qualify, and their objects. @returns how many objects are to be purged. */
async function abort(
  { db, transaction, lock }: Step,
  ids: readonly string[],
  qualifies: (row: UploadSession) => boolean,
) {
  const { sessions, objects } = db.registry;
  const cells = ids.map((id) => sessions.cell(id));
  const held = lock
    ? await transaction.lock(cells, lock, qualifies)
    : cells.flatMap((cell) => cell.see(transaction) ?? []);
  const ended = await transaction.update(
    held.map(({ id }) => sessions.cell(id)),
    qualifies,
    ({ epoch }) => ({ state: 'aborted' as const, epoch: epoch + 1, ended_at: db.clock() }),
  );
  const purged = await transaction.update(
    ended.map((row) => objects.cell(row.object_id)),
    ({ state }) => state === 'uploading',
    () => ({ state: 'purging' as const, purge_after: db.clock() }),
  );
  return purged.length;
}

/** Two live objects of one digest: the partial unique index lets one through. */
async function assertOneCurrent({ db, transaction }: Step, digest: string, ownId: string): Promise<void> {
  const isRival = (row: BlobObject | undefined) =>
    row !== undefined &&
    row.id !== ownId &&
    row.digest === digest &&
    (row.state === 'live' || row.state === 'condemned');
  for (const cell of db.registry.objects.unsettled(transaction)) {
    const theirs = cell.see(cell.writtenBy);
    if (isRival(theirs) || isRival(cell.see(undefined))) await transaction.settled(cell);
  }
  if (db.registry.objects.rows(transaction).some(isRival)) throw new SqlError('23505', 'blob_object_one_current');
}

export const UPLOAD_STATEMENTS: Statements = {
  'begin-upload': (step, values: [...New, number]) => begin(step, values.slice(0, 7) as New, values[7]),
  'begin-upload-at': (step, values: [...New, number, string]) =>
    begin(step, values.slice(0, 7) as New, repositoryAt(step, values[7], values[8])?.id),

  'why-not-begun': ({ db, transaction }, [uploadId, repositoryId]: [string, number]) => [
    {
      known: db.registry.sessions.cell(uploadId).see(transaction) !== undefined,
      live: db.registry.repositories.rows(transaction).some(({ id }) => id === repositoryId),
    },
  ],

  'read-upload': ({ db, transaction }, [id, repositoryId]: [string, number]) =>
    db.registry.sessions
      .where(transaction, (row) => row.id === id && row.repository_id === repositoryId && row.state !== 'aborted')
      .flatMap((cell) => cell.see(transaction) ?? [])
      .map(shown),

  'claim-upload': async (
    step,
    [id, claimId, offset, ttlMs, projectId, path]: [string, string, number | null, number, number, string],
  ) => {
    const { db, transaction } = step;
    const repository = repositoryAt(step, projectId, path);
    const claimed = await transaction.update(
      [db.registry.sessions.cell(id)],
      (row) =>
        row.repository_id === repository?.id &&
        row.state === 'open' &&
        (offset === null || row.offset_bytes === offset),
      (row) => ({
        epoch: row.claim_id === claimId ? row.epoch : row.epoch + 1,
        claim_id: claimId,
        expires_at: db.clock() + ttlMs,
      }),
    );
    return claimed.map(shown);
  },

  'record-upload-progress': async (
    { db, transaction },
    [id, epoch, offset, ttlMs, state, isSealed]: [string, number, number, number, string | null, boolean],
  ) => {
    const recorded = await transaction.update(
      [db.registry.sessions.cell(id)],
      (row) => row.epoch === epoch && row.state === 'open',
      (row) => ({
        ...{ offset_bytes: Math.max(row.offset_bytes, offset), expires_at: db.clock() + ttlMs },
        store_state: row.store_sealed || offset < row.offset_bytes ? row.store_state : (state ?? row.store_state),
        store_sealed: row.store_sealed || isSealed,
      }),
    );
    return recorded.length;
  },

  'lock-upload-session': async (step, [id, repositoryId, projectId, path]: [string, number, number, string]) => {
    const { db, transaction, lock } = step;
    if (repositoryAt(step, projectId, path)?.id !== repositoryId) return [];
    const cell = db.registry.sessions.cell(id);
    if (cell.see(transaction)?.repository_id !== repositoryId) return [];
    const [session] = await transaction.lock([cell], lock, () => true);
    if (!session) return [];
    const [object] = await transaction.lock([db.registry.objects.cell(session.object_id)], lock, () => true);
    return [{ ...shown(session), object_state: object?.state }];
  },

  'serving-object': ({ db, transaction }, [repositoryId, digest]: [number, Buffer]) =>
    db.registry.links
      .rows(transaction)
      .filter((row) => row.repository_id === repositoryId && row.digest === hex(digest) && !row.hidden),

  'lock-current-object': async ({ db, transaction, lock }, [digest]: [Buffer]) => {
    const isCurrent = (row: BlobObject) =>
      row.digest === hex(digest) && (row.state === 'live' || row.state === 'condemned');
    const [current] = await transaction.lock(db.registry.objects.where(transaction, isCurrent), lock, isCurrent);
    return [{ id: current?.id ?? null, damaged: false, revoked: false }];
  },

  'settle-and-link': async (step, values: [number, Buffer, string, string, number, string, number]) => {
    const { db, transaction } = step;
    const { objects, links, edges, sessions } = db.registry;
    const [repositoryId, digest, objectId, uploadId, leaseMs, ownId, size] = values;
    const settled = [objects.cell(ownId), ...(objectId === ownId ? [] : [objects.cell(objectId)])];
    if (objectId === ownId) await assertOneCurrent(step, hex(digest), ownId);
    await transaction.update(
      settled,
      (row) => row.id === ownId || (row.id === objectId && row.state === 'condemned'),
      (row) => ({
        ...(row.id === objectId
          ? { state: 'live' as const, digest: hex(digest), purge_after: null }
          : { state: 'purging' as const, purge_after: db.clock() }),
        size: row.id === ownId ? size : row.size,
      }),
    );
    await referToRepository(step, repositoryId);
    const link = { repository_id: repositoryId, digest: hex(digest), object_id: objectId, hidden: false };
    const lease = db.clock() + leaseMs;
    await transaction.upsert(links, linkKey(repositoryId, hex(digest)), { ...link, lease_until: lease }, (before) => ({
      ...{ object_id: objectId, hidden: false, lease_until: Math.max(before.lease_until, lease) },
    }));
    await transaction.refer(objects.cell(objectId));
    const waits = edges.where(transaction, (row) => row.repository_id === repositoryId && row.digest === hex(digest));
    await transaction.update(
      waits,
      (row) => row.object_id === null && row.child_id === null,
      () => ({ object_id: objectId }),
    );
    const done = await transaction.update(
      [sessions.cell(uploadId)],
      () => true,
      () => ({
        ...{ state: 'done' as const, digest: hex(digest), ended_at: db.clock() },
      }),
    );
    return done.length;
  },

  'abort-upload': (step, [id, repositoryId, epoch]: [string, number, number | null]) =>
    abort(
      step,
      [id],
      (row) => row.repository_id === repositoryId && row.state === 'open' && (epoch === null || row.epoch === epoch),
    ),

  'expire-uploads': (step, [limit]: [number]) => {
    const isDue = (row: UploadSession) => row.state === 'open' && row.expires_at < step.db.clock();
    const due = step.db.registry.sessions
      .rows(step.transaction)
      .filter(isDue)
      .sort(by((row) => row.expires_at));
    return abort(
      step,
      due.slice(0, limit).map(({ id }) => id),
      isDue,
    );
  },

  'forget-sessions': async ({ db, transaction }) => {
    const isOld = (row: UploadSession) => row.state !== 'open' && (row.ended_at ?? 0) < db.clock() - REMEMBERED_MS;
    return (await transaction.remove(db.registry.sessions.where(transaction, isOld), isOld)).length;
  },
  'forget-operations': async ({ db, transaction }) => {
    const isOld = (row: { finished_at: number }) => row.finished_at < db.clock() - REMEMBERED_MS;
    return (await transaction.remove(db.registry.operations.where(transaction, isOld), isOld)).length;
  },
};

/** 15 minutes, as the statements say. */
const REMEMBERED_MS = 15 * 60_000;
