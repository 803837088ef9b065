import { setTimeout as delay } from 'node:timers/promises';
import { Random, runSeed } from '../support/random.js';
import { type Registry, startRegistry } from '../support/registry.js';
import { removeScratch, scratch } from '../support/scratch.js';
import { Http } from './http.js';
import { waitUntil } from './processes.js';
import { Subscriber } from './subscriber/subscriber.js';
import { TagChurn, tagsOf } from './subscriber/tag-churn.js';

const ROUNDS = process.env.LADING_NIGHT ? 30 : 4;
const CLIENTS = 4;

const random = new Random(runSeed);
const dir = scratch();
let registry: Registry;
let subscriber: Subscriber;
let isDown = false;

beforeAll(async () => {
  process.stdout.write(`subscriber.spec: LADING_TEST_SEED=${runSeed}\n`);
  registry = await startRegistry({ LADING_GC_INTERVAL: '200ms', LADING_UNTAGGED_DELAY: '500ms' });
  subscriber = new Subscriber(registry, dir, 'subscriber');
  await subscriber.start();
});

afterAll(async () => {
  await subscriber?.kill9();
  await registry?.stop();
  removeScratch(dir);
});

/** A round that failed before its restart is not to fail the next one. */
beforeEach(async () => {
  if (isDown) await restart();
});

async function restart(): Promise<void> {
  isDown = false;
  await registry.restart();
}

/** Load until `end` is called, which waits for it to be over. */
function startChurn(round: number) {
  let isOver = false;
  const churns = Array.from({ length: CLIENTS }, (_, at) => {
    const http = new Http(registry);
    return { http, churn: new TagChurn(http, new Random(`${runSeed} ${round} ${at}`)) };
  });
  const running = churns.map(async ({ http, churn }) => {
    await churn.run(() => isOver);
    http.close();
  });
  return {
    answered: () => churns.reduce((sum, { churn }) => sum + churn.answered, 0),
    faults: () => churns.flatMap(({ churn }) => churn.faults),
    end: async () => {
      isOver = true;
      await Promise.all(running);
    },
  };
}

/** What the registry says now, once the list of the example is the same. */
async function expectTruth(of: Subscriber): Promise<void> {
  const http = new Http(registry);
  const truth = await tagsOf(http);
  http.close();
  const isTrue = () => JSON.stringify(of.tags) === JSON.stringify(truth);
  await waitUntil(isTrue, 30, 'the list').catch(() => expect(of.tags).toEqual(truth));
}

const rounds = Array.from({ length: ROUNDS }, (_, at) => ({ round: at + 1, killed: at % 2 ? 'subscriber' : 'server' }));

it.each(rounds)(
  'the example of the documentation has every tag: round $round, kill -9 of the $killed',
  async (each) => {
    const churn = startChurn(each.round);
    await waitUntil(() => churn.answered() > 100, 60, 'the load');
    await delay(random.between(0, 1_000));
    if (each.killed === 'subscriber') {
      await subscriber.kill9();
      const before = churn.answered();
      await waitUntil(() => churn.answered() > before + 50, 60, 'changes that it does not see');
      await subscriber.start();
    } else {
      isDown = true;
      await registry.kill9();
    }
    await churn.end();
    expect(churn.faults()).toEqual([]);
    if (isDown) await restart();
    await expectTruth(subscriber);
  },
);

it('has needed one snapshot for all of it', () => {
  expect(subscriber.snapshots).toBe(1);
});

it('one that begins now, in the middle of changes, comes to the same list', async () => {
  const churn = startChurn(0);
  await waitUntil(() => churn.answered() > 20, 60, 'the load');
  const late = new Subscriber(registry, dir, 'late');
  await late.start();
  await waitUntil(() => churn.answered() > 200, 60, 'more load');
  await churn.end();
  await expectTruth(late);
  await expectTruth(subscriber);
  await late.kill9();
});

it('one whose place in the feed is no more reads a snapshot again', async () => {
  await subscriber.kill9();
  subscriber.cursor = '999999999';
  await subscriber.start();
  await waitUntil(() => subscriber.snapshots === 2, 30, 'the snapshot');
  expect(subscriber.log).toContain('410 Gone');
  await expectTruth(subscriber);
});
