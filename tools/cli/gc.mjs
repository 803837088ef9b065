// `lading gc ...`: how an operator sees and steers collection.
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './api.mjs';
import { blobText, candidatesText, statusText } from './gc-text.mjs';
import { UsageError } from './usage-error.mjs';
import { verb } from './verb.mjs';

/** Milliseconds between two looks at a round that is waited for. */
const LOOK_MS = 300;

export const gcStatus = verb({
  usage: `gc status [options]

What waits to be collected and why, what is at work, and what stops it.

  --candidates KIND      one by one in the order in which they are due: untagged, expunge, link or object
  --limit N              so many of them, 100 unless given
  --digest DIGEST        who needs this blob`,
  flags: { candidates: { type: 'string' }, limit: { type: 'string' }, digest: { type: 'string' } },
  run: ({ connection, flags }) => {
    const { digest, candidates: kind, limit = '100' } = flags;
    if (digest !== undefined) return ask(connection, 'GET', `/gc/blobs/${encodeURIComponent(digest)}`);
    if (kind === undefined) return ask(connection, 'GET', '/gc/status');
    return ask(connection, 'GET', `/gc/candidates?${new URLSearchParams({ kind, limit })}`);
  },
  text: (result, { digest, candidates }) => {
    if (digest !== undefined) return blobText(result);
    return candidates === undefined ? statusText(result) : candidatesText(result);
  },
});

export const gcRun = verb({
  usage: `gc run [options]

Looks at everything that is due, now, and waits until that is done.`,
  run: async ({ connection }) => {
    const earlier = await ask(connection, 'GET', '/gc/status');
    const { collectorId, round } = await ask(connection, 'POST', '/gc/run');
    const before = earlier.collectors.find(({ id }) => id === collectorId)?.done ?? {};
    for (;;) {
      const status = await ask(connection, 'GET', '/gc/status');
      const collector = status.collectors.find(({ id }) => id === collectorId);
      if (status.paused) throw new UsageError(`collection was paused: ${status.paused.reason}`);
      if (collector?.endedRound >= round) return { done: difference(collector.done, before), halted: status.halted };
      await delay(LOOK_MS);
    }
  },
  text: ({ done, halted }) => {
    const lines = Object.entries(done).map(([name, count]) => `${name}: ${count}`);
    if (halted) lines.unshift(`Halted, so nothing is taken away: ${halted.reason}. See gc confirm.`);
    return lines.length > 0 ? lines.join('\n') : 'Nothing was due.';
  },
});

function difference(after, before) {
  const entries = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

export const gcPause = verb({
  usage: `gc pause [options]

Stops every collector within a second, until gc resume; also across restarts.

  --reason TEXT          for whoever finds it paused`,
  flags: { reason: { type: 'string', default: '' } },
  run: ({ connection, flags: { reason } }) => ask(connection, 'POST', `/gc/pause?${new URLSearchParams({ reason })}`),
  text: ({ paused }) => `Collection is paused since ${paused.since}${paused.reason && `: ${paused.reason}`}.`,
});

export const gcResume = verb({
  usage: 'gc resume [options]\n\nEnds a pause.',
  run: ({ connection }) => ask(connection, 'POST', '/gc/resume'),
  text: () => 'Collection is not paused.',
});

export const gcConfirm = verb({
  usage: `gc confirm [options]

Ends a halt after the clock of the database jumped. Look at the clocks first: if they are ahead, what was deleted a moment ago
counts as long gone.`,
  run: ({ connection }) => ask(connection, 'POST', '/gc/confirm'),
  text: () => 'Collection is not halted.',
});

export const gcPace = verb({
  usage: `gc pace N|unlimited [options]

How many steps a second each collector takes at most: things looked at, objects deleted.`,
  run: ({ connection, words: [pace = ''] }) =>
    ask(connection, 'PUT', `/gc/pace?${new URLSearchParams({ per_second: pace })}`),
  text: ({ pacePerSecond }) =>
    pacePerSecond === null ? 'There is no limit.' : `At most ${pacePerSecond} steps a second.`,
});

export const gcReconcile = verb({
  usage: `gc reconcile [options]

Walks through the registry now, for what no event told of, and says what was found.

  --no-wait              does not wait for the end of the walk`,
  flags: { 'no-wait': { type: 'boolean', default: false } },
  run: async ({ connection, flags }) => {
    await ask(connection, 'POST', '/gc/reconcile');
    for (;;) {
      const { walks, paused } = await ask(connection, 'GET', '/gc/status');
      const isOver = walks.every(({ ended }) => ended !== null);
      if (isOver || paused || flags['no-wait']) return { walks, paused };
      await delay(LOOK_MS);
    }
  },
  text: ({ walks, paused }) => {
    const lines = walks.map(({ kind, ended, after, found }) => {
      return `${kind}: ${found} to look at${ended === null ? `, at ${after || 'the begin'}` : ''}`;
    });
    return [...(paused ? ['Collection is paused: the walk goes on after gc resume.'] : []), ...lines].join('\n');
  },
});
