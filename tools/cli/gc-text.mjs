// What `lading gc status` shows to people.
import { bytesText, secondsText, sinceText, tableText } from './text.mjs';

const KINDS = {
  untagged: 'untagged manifests',
  expunge: 'deleted manifests',
  repository: 'deleted repositories',
  project: 'deleted projects',
  link: 'links',
  object: 'blobs',
};

export function statusText(status) {
  return [
    ...stopsOf(status),
    tableText([
      ['', 'waiting', 'due', 'oldest', 'next'],
      ...status.candidates.map(({ kind, waiting, due, oldestDue, nextDue }) => {
        return [KINDS[kind], waiting, due, sinceText(oldestDue), sinceText(nextDue)];
      }),
    ]),
    '',
    leavingText('condemned', status.condemned),
    leavingText('being deleted', status.purging),
    ...progressOf(status),
    ...status.collectors.flatMap(collectorLines),
  ].join('\n');
}

function stopsOf({ paused, halted, pacePerSecond, deadLetters }) {
  const lines = [];
  if (paused) lines.push(`PAUSED since ${paused.since} by ${paused.actor}: ${paused.reason || 'no reason given'}`);
  if (halted) lines.push(`HALTED since ${halted.since}: ${halted.reason}. See gc confirm.`);
  if (deadLetters > 0) lines.push(`${deadLetters} events were given up. See events dead-letters.`);
  if (pacePerSecond !== null) lines.push(`At most ${pacePerSecond} steps a second.`);
  return lines.length > 0 ? [...lines, ''] : [];
}

function leavingText(what, { objects, bytes, next, failed }) {
  const more = [objects > 0 ? `next ${sinceText(next)}` : '', failed > 0 ? `${failed} could not be deleted yet` : ''];
  return [`${what}: ${objects} blobs, ${bytesText(bytes)}`, ...more.filter(Boolean)].join(', ');
}

function progressOf({ eventsBehind, etaSeconds }) {
  const lines = [`events behind: ${eventsBehind}`];
  if (etaSeconds > 0) lines.push(`what is due takes ${secondsText(etaSeconds)} at the last pace`);
  return lines;
}

function collectorLines({ id, host, pid, seen, round, work, rests }) {
  return [
    `collector ${id} on ${host} (pid ${pid}): round ${round}, ${work ?? 'between rounds'}, seen ${sinceText(seen)}`,
    ...rests.map(({ work: name, error, until }) => `  ${name} rests until ${until}: ${error}`),
  ];
}

export function candidatesText({ candidates, next }) {
  if (candidates.length === 0) return 'Nothing waits.';
  const rows = candidates.map(({ subject, digest, repositoryId, due, reason, kept, looks }) => {
    const where = repositoryId === null ? '' : ` in repository ${repositoryId}`;
    const what = digest !== null && !subject.includes(digest) ? `${subject} (${digest}${where})` : subject;
    return `${what}: due ${sinceText(due)}, ${reason}${kept ? `, kept at the last look: ${kept}` : ''}${looks > 1 ? `, ${looks} looks` : ''}`;
  });
  return [...rows, ...(next === null ? [] : ['and more'])].join('\n');
}

export function blobText(blob) {
  const { objectId, state, size, repositories, liveManifests, deletedManifests, leaseUntil, purgeAfter } = blob;
  return [
    `${blob.digest}: ${bytesText(size)}, ${state}, object ${objectId}`,
    `named by ${liveManifests} manifests, and by ${deletedManifests} deleted ones that can still be restored`,
    `linked by ${repositories} repositories, last lease ends ${sinceText(leaseUntil)}`,
    ...(purgeAfter === null ? [] : [`goes ${sinceText(purgeAfter)}, unless somebody wants it`]),
    ...(blob.candidates.length > 0 ? [candidatesText({ candidates: blob.candidates, next: null })] : []),
  ].join('\n');
}
