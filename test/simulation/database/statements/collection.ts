import { by, bytes, hex, type Statements, type Step } from '../statement.js';
import { type BlobObject, type Link, linkKey, type Manifest } from '../tables.js';
import { SqlError } from '../transaction.js';
import { isTagged, manifestsOf, shownManifest } from './manifests.js';
import { isUsed, REPOSITORY_STATEMENTS } from './repositories.js';

// What the collector asks for.

function isNamed({ db, transaction }: Step, repositoryId: number, digest: string): boolean {
  return db.registry.edges.rows(transaction).some((row) => row.repository_id === repositoryId && row.digest === digest);
}

function linksTo({ db, transaction }: Step, objectId: string): Link[] {
  return db.registry.links.rows(transaction).filter((row) => row.object_id === objectId);
}

function hasEdge({ db, transaction }: Step, objectId: string): boolean {
  return db.registry.edges.rows(transaction).some((row) => row.object_id === objectId);
}

/** Objects by id in their order, as far as they are in a state. */
function objectsOf({ db, transaction }: Step, ids: readonly string[], state: BlobObject['state']) {
  const cells = [...ids].sort().map((id) => db.registry.objects.cell(id));
  return cells.filter((cell) => cell.see(transaction)?.state === state);
}

function linksOf(step: Step, repositories: readonly number[], digests: readonly Buffer[]) {
  const { db, transaction } = step;
  const keys = repositories.map((id, n) => linkKey(id, hex(digests[n] as Buffer)));
  const cells = keys.map((key) => db.registry.links.cell(key));
  return cells.filter((cell) => cell.see(transaction) !== undefined).sort(by(({ key }) => key));
}

const shownLink = (row: Link) => ({ ...row, digest: bytes(row.digest) });
const dateOf = (ms: number | null): Date | null => (ms === null ? null : new Date(ms));

const OBJECTS: Statements = {
  'condemn-lock': (step, [ids]: [string[]]) =>
    step.transaction.lock(objectsOf(step, ids, 'live'), step.lock, ({ state }) => state === 'live'),
  'condemn-check': (step, [ids]: [string[]]) =>
    ids.map((id) => {
      const links = linksTo(step, id);
      const due = links.length === 0 ? null : Math.max(...links.map((row) => row.lease_until));
      const needed = hasEdge(step, id) || links.some((row) => isNamed(step, row.repository_id, row.digest));
      return { id, now: new Date(step.db.clock()), due_at: dateOf(due), needed };
    }),
  'condemn-write': async (step, [ids, holdMs]: [string[], number]) => {
    const cells = [...ids].sort().map((id) => step.db.registry.objects.cell(id));
    const isAsked = (row: BlobObject) => !step.text.includes("state = 'live'") || row.state === 'live';
    const after = { state: 'condemned' as const, purge_after: step.db.clock() + holdMs };
    return (await step.transaction.update(cells, isAsked, () => after)).length;
  },
  'condemn-busy': (step, [ids]: [string[]]) => objectsOf(step, ids, 'live').map((cell) => ({ id: cell.key })),

  'claim-lock': (step, [limit]: [number]) => {
    const { db, transaction, lock } = step;
    const isDue = (row: BlobObject) => row.state === 'condemned' && (row.purge_after ?? 0) < db.clock();
    const due = db.registry.objects
      .rows(transaction)
      .filter(isDue)
      .sort(by((row) => row.id))
      .slice(0, limit);
    return transaction.lock(
      due.map(({ id }) => db.registry.objects.cell(id)),
      lock,
      isDue,
    );
  },
  'claim-check': (step, [ids]: [string[]]) =>
    ids
      .filter((id) => !hasEdge(step, id) && !linksTo(step, id).some((row) => row.lease_until > step.db.clock()))
      .map((id) => ({ id })),
  'claim-links': async (step, [ids]: [string[]]) => {
    const { links } = step.db.registry;
    const cells = links.where(step.transaction, (row) => ids.includes(row.object_id)).sort(by(({ key }) => key));
    return (await step.transaction.remove(cells, (row) => ids.includes(row.object_id))).map(shownLink);
  },
  'claim-write': async ({ db, transaction }, [ids]: [string[]]) => {
    const cells = ids.map((id) => db.registry.objects.cell(id));
    return (
      await transaction.update(
        cells,
        () => true,
        () => ({ state: 'purging' as const, purge_after: db.clock() }),
      )
    ).length;
  },

  'list-purgeable': ({ db, transaction }, [limit]: [number]) =>
    db.registry.objects
      .rows(transaction)
      .filter((row) => row.state === 'purging' && (row.purge_after ?? 0) < db.clock())
      .sort(by((row) => `${`${row.purge_after}`.padStart(20, '0')} ${row.id}`))
      .slice(0, limit)
      .map(({ id }) => ({ id })),
  'mark-purged': async (step, [ids]: [string[]]) => {
    const isPurging = (row: BlobObject) => row.state === 'purging';
    return step.transaction.update(objectsOf(step, ids, 'purging'), isPurging, () => ({ state: 'gone' as const }));
  },
  'postpone-purge': async ({ db, transaction }, [id]: [string]) => {
    const isDue = (row: BlobObject) => row.state === 'purging' && (row.purge_after ?? 0) <= db.clock();
    const postponed = await transaction.update([db.registry.objects.cell(id)], isDue, (row) => ({
      attempts: row.attempts + 1,
      purge_after: db.clock() + Math.min(86_400_000, 5_000 * 2 ** Math.min(row.attempts, 15)),
    }));
    return postponed.length;
  },
};

const LINKS: Statements = {
  'lock-lapsed-links': async (step, [repositories, digests]: [number[], Buffer[]]) =>
    (await step.transaction.lock(linksOf(step, repositories, digests), step.lock, () => true)).map(shownLink),
  'links-without-manifests': (step, [repositories, digests]: [number[], Buffer[]]) =>
    linksOf(step, repositories, digests).map((cell) => {
      const row = cell.see(step.transaction) as Link;
      const needed = isNamed(step, row.repository_id, row.digest);
      return { ...shownLink(row), due_at: new Date(row.lease_until), now: new Date(step.db.clock()), needed };
    }),
  'delete-links': async (step, [repositories, digests]: [number[], Buffer[]]) =>
    (await step.transaction.remove(linksOf(step, repositories, digests), () => true)).length,
  'busy-links': (step, [repositories, digests]: [number[], Buffer[]]) =>
    linksOf(step, repositories, digests).map((cell) => shownLink(cell.see(step.transaction) as Link)),
};

const isDeleted = (row: Manifest): boolean => row.deleted_at !== null;

const EXPUNGE: Statements = {
  'expunge-lock-links': async (step, [ids]: [number[]]) => {
    const { db, transaction, lock } = step;
    const deleted = new Set(
      manifestsOf(step, ids)
        .flatMap((cell) => cell.see(transaction) ?? [])
        .filter(isDeleted)
        .map(({ id }) => id),
    );
    const named = db.registry.edges.rows(transaction).filter((row) => deleted.has(row.manifest_id));
    const keys = [...new Set(named.map((row) => linkKey(row.repository_id, row.digest)))].sort();
    const cells = keys.map((key) => db.registry.links.cell(key)).filter((cell) => cell.see(transaction) !== undefined);
    return transaction.lock(cells, lock, () => true);
  },
  'expunge-lock': async (step, [ids]: [number[]]) => {
    const cells = manifestsOf(step, ids).filter((cell) => isDeleted(cell.see(step.transaction) as Manifest));
    const held = await step.transaction.lock(cells, step.lock, isDeleted);
    return held.map((row) => ({ ...shownManifest(row), deleted_at: new Date(row.deleted_at as number) }));
  },
  'expunge-check': (step, [ids, windowMs]: [number[], number]) =>
    manifestsOf(step, ids)
      .flatMap((cell) => cell.see(step.transaction) ?? [])
      .filter(isDeleted)
      .map((row) => ({
        ...{ id: row.id, now: new Date(step.db.clock()), due_at: new Date((row.deleted_at ?? 0) + windowMs) },
        needed: isNamed(step, row.repository_id, row.digest),
      })),
  'expunge-leases': async (step, [ids, leaseMs]: [number[], number]) => {
    const { db, transaction } = step;
    const untilOf = new Map<string, number>();
    for (const cell of manifestsOf(step, ids)) {
      const { id, deleted_at } = cell.see(transaction) as Manifest;
      for (const edge of db.registry.edges.rows(transaction).filter((row) => row.manifest_id === id)) {
        const key = linkKey(edge.repository_id, edge.digest);
        untilOf.set(key, Math.max(untilOf.get(key) ?? 0, (deleted_at ?? 0) + leaseMs));
      }
    }
    const cells = [...untilOf.keys()].sort().map((key) => db.registry.links.cell(key));
    const until = (row: Link) => untilOf.get(linkKey(row.repository_id, row.digest)) as number;
    const written = await transaction.update(
      cells.filter((cell) => cell.see(transaction) !== undefined),
      (row) => row.lease_until < until(row),
      (row) => ({ lease_until: until(row) }),
    );
    return written.length;
  },
  'expunge-referrer-clocks': async (step, [ids]: [number[]]) => {
    const { db, transaction, lock } = step;
    const rows = manifestsOf(step, ids).map((cell) => cell.see(transaction) as Manifest);
    const isReferrer = (row: Manifest) =>
      rows.some((subject) => subject.repository_id === row.repository_id && subject.digest === row.subject);
    const referrers = db.registry.manifests
      .rows(transaction)
      .filter(isReferrer)
      .map(({ id }) => id);
    const free = await transaction.lock(manifestsOf(step, referrers), lock, () => true);
    const due = free.filter((row) => row.deleted_at === null && !isTagged(step, row.id)).map(({ id }) => id);
    return (
      await transaction.update(
        manifestsOf(step, due),
        () => true,
        () => ({ untagged_at: db.clock() }),
      )
    ).length;
  },
  'expunge-write': async (step, [ids]: [number[]]) => {
    const { db, transaction } = step;
    const { edges } = db.registry;
    const removed = await transaction.remove(manifestsOf(step, ids), () => true);
    const gone = new Set(removed.map(({ id }) => id));
    await transaction.remove(
      edges.where(transaction, (row) => gone.has(row.manifest_id)),
      () => true,
    );
    if (edges.rows(transaction).some((row) => row.child_id !== null && gone.has(row.child_id)))
      throw new SqlError('23503', 'an index names the manifest');
    return removed.length;
  },
  'expunge-busy': (step, [ids]: [number[]]) =>
    manifestsOf(step, ids)
      .flatMap((cell) => cell.see(step.transaction) ?? [])
      .filter(isDeleted),
};

const isUntagged = (row: Manifest): boolean => row.deleted_at === null && row.untagged_at !== null;

const UNTAGGED: Statements = {
  'lock-untagged': async (step, [ids]: [number[]]) => {
    const cells = manifestsOf(step, ids).filter((cell) => isUntagged(cell.see(step.transaction) as Manifest));
    return (await step.transaction.lock(cells, step.lock, isUntagged)).map(shownManifest);
  },
  'untagged-without-names': (step, [ids, delayMs]: [number[], number]) =>
    manifestsOf(step, ids).map((cell) => {
      const row = cell.see(step.transaction) as Manifest;
      const due = row.untagged_at === null ? null : row.untagged_at + delayMs;
      return { id: row.id, now: new Date(step.db.clock()), due_at: dateOf(due), needed: isKept(step, row) };
    }),
  'untagged-busy': (step, [ids]: [number[]]) =>
    manifestsOf(step, ids)
      .flatMap((cell) => cell.see(step.transaction) ?? [])
      .filter(isUntagged),
};

/** By a tag, an index, or its subject (T11). */
function isKept(step: Step, row: Manifest): boolean {
  const { manifests } = step.db.registry;
  const hasSubject = () =>
    manifests
      .rows(step.transaction)
      .some((each) => each.repository_id === row.repository_id && each.digest === row.subject);
  const isReferrer = row.subject !== null && (!row.subject_seen || hasSubject());
  return isTagged(step, row.id) || isNamed(step, row.repository_id, row.digest) || isReferrer;
}

/** A page of a walk, which is always the whole table here. */
const SCANS: Statements = {
  'SELECT o.id::text AS cursor': (step) =>
    step.db.registry.objects
      .rows(step.transaction)
      .map(({ id, state }) => ({
        cursor: id,
        found: state === 'live' && !hasEdge(step, id) && linksTo(step, id).length === 0,
      }))
      .sort(by((row) => row.cursor)),
  "SELECT l.repository_id || ' ' || encode(l.digest": (step) =>
    step.db.registry.links
      .rows(step.transaction)
      .map((row) => ({
        cursor: `${row.repository_id} ${row.digest}`,
        found: row.lease_until < step.db.clock() && !isNamed(step, row.repository_id, row.digest),
      }))
      .sort(by((row) => row.cursor)),
  'SELECT r.id::text AS cursor': (step) =>
    step.db.registry.repositories
      .rows(step.transaction)
      .sort(by((row) => row.id))
      .map(({ id }) => ({ cursor: `${id}`, found: !isUsed(step, id) })),
  'SELECT p.id::text AS cursor': (step) =>
    step.db.registry.projects
      .rows(step.transaction)
      .sort(by((row) => row.id))
      .map(({ id }) => ({ cursor: `${id}`, found: false })),
  'SELECT m.id::text AS cursor, m.deleted_at IS NOT NULL': (step) =>
    manifestRows(step).map((row) => ({ cursor: `${row.id}`, found: isDeleted(row) })),
  'SELECT m.id::text AS cursor, m.untagged_at IS NULL': (step) =>
    manifestRows(step).map((row) => ({
      ...{ cursor: `${row.id}`, clockless: row.untagged_at === null, found: !isDeleted(row) && !isKept(step, row) },
    })),
};

function manifestRows(step: Step): Manifest[] {
  return step.db.registry.manifests.rows(step.transaction).sort(by((row) => row.id));
}

export const COLLECTION_STATEMENTS: Statements = {
  ...OBJECTS,
  ...LINKS,
  ...EXPUNGE,
  ...UNTAGGED,
  ...REPOSITORY_STATEMENTS,
  ...SCANS,
};
