import type { EventData } from '@lading/events';
import type { Expunged } from '../reference/references.js';
import type { Candidate } from './candidate.js';
import type { Clocks } from './clocks.js';

// What each event makes worth a look, and when. The clocks run side by side from the moment at which something was let go, so
// each candidate is due at that moment and its delay; a look that comes too early is told when to come again.

export function ofLink(repositoryId: number, digest: string, from: Date, leaseMs: number, reason: string): Candidate {
  return { kind: 'link', subject: `${repositoryId} ${digest}`, dueAt: after(from, leaseMs), reason };
}

/** Deleted with all that is in it, or perhaps empty since something in it went. */
export function ofRepository(repositoryId: number, dueAt: Date, reason: string): Candidate {
  return { kind: 'repository', subject: `${repositoryId}`, dueAt, reason };
}

export function ofProject(projectId: number, dueAt: Date, reason: string): Candidate {
  return { kind: 'project', subject: `${projectId}`, dueAt, reason };
}

export function ofObject(objectId: string, from: Date, delayMs: number, reason: string): Candidate {
  return { kind: 'object', subject: objectId, dueAt: after(from, delayMs), reason };
}

/** None when untagged manifests stay for ever. */
export function ofUntagged(manifestIds: readonly number[], from: Date, clocks: Clocks, reason: string): Candidate[] {
  if (clocks.untaggedDelayMs === Number.POSITIVE_INFINITY) return [];
  const dueAt = after(from, clocks.untaggedDelayMs);
  return manifestIds.map((id): Candidate => ({ kind: 'untagged', subject: `${id}`, dueAt, reason }));
}

export function ofDeleted(manifestId: number, childIds: readonly number[], at: Date, clocks: Clocks): Candidate[] {
  const dueAt = after(at, clocks.restoreWindowMs);
  return [
    { kind: 'expunge', subject: `${manifestId}`, dueAt, reason: 'manifest deleted' },
    ...ofUntagged(childIds, at, clocks, 'index deleted'),
  ];
}

/**
 * Its blobs may be free, where and as far as nothing else needs them; its children, which it kept from being expunged, and
 * what named it as subject.
 */
export function ofExpunged(
  { repositoryId, deletedAt: told, purged }: EventData<'dev.lading.manifest.expunged.v1'>,
  { deletedAt, references, referrerIds }: Expunged,
  at: Date,
  clocks: Clocks,
): Candidate[] {
  const letGo = told ? new Date(told) : (deletedAt ?? at);
  const { leaseMs, delayMs } = purged ? { leaseMs: 0, delayMs: 0 } : clocks;
  const reason = 'manifest expunged';
  const children = references.flatMap(({ childId }) => childId ?? []).map(String);
  return [
    ...references
      .filter(({ childId }) => childId === undefined)
      .map(({ digest }) => ofLink(repositoryId, digest, letGo, leaseMs, reason)),
    ...references.flatMap(({ objectId }) => (objectId ? ofObject(objectId, letGo, delayMs, reason) : [])),
    // Their clocks run since it was deleted, so they may be due at once.
    ...children.map((subject): Candidate => ({ kind: 'expunge', subject, dueAt: at, reason: 'index expunged' })),
    ...children.map((subject): Candidate => ({ kind: 'untagged', subject, dueAt: at, reason: 'index expunged' })),
    ...ofUntagged(referrerIds, at, clocks, 'subject expunged'),
    ofRepository(repositoryId, at, reason),
  ];
}

function after(from: Date, ms: number): Date {
  return new Date(from.getTime() + ms);
}
