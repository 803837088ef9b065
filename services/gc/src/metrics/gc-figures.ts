import { type Figure, type Logger, Metrics } from '@lading/platform';
import { Operations } from '../collector/operations.js';
import type { Tally } from '../collector/tally.js';
import type { GcApp } from '../create-gc-app.js';

/** What the collectors tell of collection. Figures of the database are the same from each of them; what was done is of one. */
export function gcMetrics(app: Pick<GcApp, 'get'>, logger: Logger): Metrics {
  const metrics = new Metrics(logger);
  const operations = app.get(Operations);
  metrics.add('gc orders', () => readOrders(operations));
  metrics.add('gc candidates', () => readCandidates(operations));
  metrics.add('gc objects', () => readLeaving(operations));
  metrics.add('gc events', () => readEvents(operations));
  metrics.add('gc work', async () => doneFigures(operations.tally));
  return metrics;
}

async function readOrders({ control, collectors }: Operations): Promise<Figure[]> {
  const { pause, halt, pace } = await control.read();
  const known = await collectors.list();
  return [
    { name: 'lading_gc_paused', help: 'Whether an operator paused collection', value: Number(pause !== undefined) },
    {
      name: 'lading_gc_halted',
      help: 'Whether collection halted after the clock jumped',
      value: Number(halt !== undefined),
    },
    { name: 'lading_gc_pace', help: 'Steps a second that each collector takes at most', value: pace },
    { name: 'lading_gc_collectors', help: 'Collectors that were heard of within a day', value: known.length },
    {
      name: 'lading_gc_resting_works',
      help: 'Works of all collectors that rest after an error',
      value: known.reduce((sum, { rests }) => sum + rests.length, 0),
    },
  ];
}

async function readCandidates({ waiting }: Operations): Promise<Figure[]> {
  const counts = await waiting.count();
  const now = Date.now();
  return counts.flatMap(({ kind, waiting: all, due, oldestDueAt }) => [
    { name: 'lading_gc_candidates', help: 'What waits to be looked at', labels: { kind }, value: all },
    { name: 'lading_gc_candidates_due', help: 'What waits and is due', labels: { kind }, value: due },
    {
      name: 'lading_gc_oldest_due_seconds',
      help: 'For how long the oldest candidate that is due has been so',
      labels: { kind },
      value: oldestDueAt ? Math.max(0, (now - oldestDueAt.getTime()) / 1_000) : 0,
    },
  ]);
}

async function readLeaving({ collection }: Operations): Promise<Figure[]> {
  const { condemned, purging } = await collection.countLeaving({});
  return Object.entries({ condemned, purging }).flatMap(([state, leaving]) => [
    { name: 'lading_gc_leaving_objects', help: 'Objects on their way out', labels: { state }, value: leaving?.objects },
    {
      name: 'lading_gc_leaving_bytes',
      help: 'Bytes of objects on their way out',
      labels: { state },
      value: leaving?.bytes,
    },
    {
      name: 'lading_gc_leaving_failed_objects',
      help: 'Objects whose bytes could not be deleted yet',
      labels: { state },
      value: leaving?.failed,
    },
  ]);
}

async function readEvents({ lag }: Operations): Promise<Figure[]> {
  const labels = { consumer: 'gc' };
  return [
    {
      name: 'lading_events_consumer_lag',
      help: 'Events that a consumer has not handled',
      labels,
      value: await lag.behind(),
    },
    {
      name: 'lading_events_dead_letters',
      help: 'Events that a consumer gave up',
      labels,
      value: await lag.deadLetters(),
    },
  ];
}

/** What a tally calls `untagged done` is `untagged_done` here. */
function doneFigures(tally: Tally): Figure[] {
  return Object.entries(tally.all()).map(([name, value]) => ({
    name: 'lading_gc_done_total',
    help: 'What this collector has done since its start; of bytes, how many it freed',
    labels: { what: name.replaceAll(' ', '_') },
    counts: true,
    value,
  }));
}
