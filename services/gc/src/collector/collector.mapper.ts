import type { DeadLetter } from '@lading/events';
import type {
  Candidate,
  CandidateCount as CandidateCountMessage,
  Collector,
  DeadLetter as DeadLetterMessage,
  Stop as StopMessage,
  Walk,
} from '@lading/proto';
import type { CandidateCount, WaitingCandidate } from '../candidate/waiting-candidates.js';
import type { Stop } from '../control/control.js';
import type { ScanProgress } from '../reconcile/scans.js';
import type { KnownCollector } from './collectors.js';

// What the collector knows, as its messages have it. Each field is named: nothing else gets out.

export function toStop(stop: Stop): StopMessage {
  return { reason: stop.reason, sinceMs: stop.since.getTime(), actor: stop.actor ?? '' };
}

export function toCandidateCount(count: CandidateCount): CandidateCountMessage {
  const { kind, waiting, due } = count;
  return { kind, waiting, due, oldestDueMs: count.oldestDueAt?.getTime(), nextDueMs: count.nextDueAt?.getTime() };
}

export function toCandidate(candidate: WaitingCandidate): Candidate {
  const { kind, subject, reason, looks } = candidate;
  return {
    kind,
    subject,
    reason,
    looks,
    dueMs: candidate.dueAt.getTime(),
    kept: candidate.kept ?? '',
    lookedMs: candidate.lookedAt?.getTime(),
    repositoryId: candidate.repositoryId ?? undefined,
    digest: candidate.digest ?? undefined,
  };
}

export function toWalk({ kind, after, begunAt, endedAt, found }: ScanProgress): Walk {
  return { kind, after, found, begunMs: begunAt.getTime(), endedMs: endedAt?.getTime() };
}

export function toCollector(collector: KnownCollector): Collector {
  const { id, host, pid, round, endedRound, work, perSecond, done, rests } = collector;
  return {
    id,
    host,
    pid,
    round,
    endedRound,
    work,
    perSecond,
    done: { ...done },
    startedMs: collector.startedAt.getTime(),
    seenMs: collector.seenAt.getTime(),
    rests: rests.map(({ work: name, error, failures, until }) => ({
      work: name,
      error,
      failures,
      untilMs: until.getTime(),
    })),
  };
}

export function toDeadLetter({ id, event, error, buriedAt }: DeadLetter): DeadLetterMessage {
  const { id: eventId, type, subject, topic, position } = event;
  return { id, consumer: 'gc', eventId, type, subject, error, buriedMs: buriedAt.getTime(), topic, position };
}
