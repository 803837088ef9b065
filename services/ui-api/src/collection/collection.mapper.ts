import type {
  BlobObject,
  Candidate,
  CandidateCount,
  Collector,
  GetStatusResponse,
  ObjectCount,
  Stop,
  Walk,
} from '@lading/proto';

// What is answered of collection. Each field is named, and times are texts of ISO 8601.

const time = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

/** Seconds to go at the pace of the last rounds; null when nothing tells. */
function etaOf(status: GetStatusResponse): number | null {
  const due = status.candidates.reduce((sum, each) => sum + each.due, 0) + (status.purging?.objects ?? 0);
  const perSecond = status.collectors.reduce((sum, each) => sum + each.perSecond, 0);
  if (due === 0) return 0;
  return perSecond > 0 ? Math.ceil(due / perSecond) : null;
}

export function toStatus(status: GetStatusResponse) {
  const { pause, halt, pace, candidates, condemned, purging, walks, collectors, eventsBehind, deadLetters } = status;
  return {
    paused: toStop(pause),
    halted: toStop(halt),
    pacePerSecond: pace ?? null,
    candidates: candidates.map(toCount),
    condemned: toObjects(condemned),
    purging: toObjects(purging),
    etaSeconds: etaOf(status),
    eventsBehind,
    deadLetters,
    walks: walks.map(toWalk),
    collectors: collectors.map(toCollector),
  };
}

export function toStop(stop: Stop | undefined) {
  return stop ? { reason: stop.reason, since: time(stop.sinceMs), actor: stop.actor || null } : null;
}

function toCount({ kind, waiting, due, oldestDueMs, nextDueMs }: CandidateCount) {
  return { kind, waiting, due, oldestDue: time(oldestDueMs), nextDue: time(nextDueMs) };
}

function toObjects(count: ObjectCount | undefined) {
  return {
    objects: count?.objects ?? 0,
    bytes: count?.bytes ?? 0,
    next: time(count?.nextMs),
    failed: count?.failed ?? 0,
  };
}

function toWalk({ kind, begunMs, endedMs, after, found }: Walk) {
  return { kind, begun: time(begunMs), ended: time(endedMs), after, found };
}

function toCollector(collector: Collector) {
  const { id, host, pid, startedMs, seenMs, round, endedRound, work, perSecond, done, rests } = collector;
  return {
    id,
    host,
    pid,
    started: time(startedMs),
    seen: time(seenMs),
    round,
    endedRound,
    work: work || null,
    perSecond,
    done: { ...done },
    rests: rests.map(({ work: name, error, failures, untilMs }) => ({
      work: name,
      error,
      failures,
      until: time(untilMs),
    })),
  };
}

export function toCandidate(candidate: Candidate) {
  const { kind, subject, dueMs, reason, kept, lookedMs, looks, repositoryId, digest } = candidate;
  return {
    kind,
    subject,
    due: time(dueMs),
    reason,
    kept: kept || null,
    looked: time(lookedMs),
    looks,
    repositoryId: repositoryId ?? null,
    digest: digest ?? null,
  };
}

export function toBlob(digest: string, object: BlobObject) {
  const { objectId, state, size, repositories, leaseUntilMs, purgeAfterMs, liveManifests, deletedManifests } = object;
  return {
    digest,
    objectId,
    state,
    size,
    repositories,
    leaseUntil: time(leaseUntilMs),
    purgeAfter: time(purgeAfterMs),
    liveManifests,
    deletedManifests,
    candidates: object.candidates.map(toCandidate),
  };
}
