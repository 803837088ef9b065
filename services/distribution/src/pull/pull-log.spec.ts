import { createLogger } from '@lading/platform';
import type { RecordPullsRequest } from '@lading/proto';
import { type NotedPull, PullLog } from './pull-log.js';

const logger = createLogger({ service: 'spec', level: 'fatal' });
const pull: NotedPull = {
  ...{ repositoryId: 1, path: 'team/app', digest: 'sha256:00', mediaType: 'a/b', size: 1, principal: 'account:1' },
  request: undefined,
};

/** A log that hands over when it is told to stop, and what it handed over. */
function logInto(batches: RecordPullsRequest[], pauseMs = 60_000): PullLog {
  const recordPulls = async (batch: RecordPullsRequest) => {
    batches.push(batch);
    return {};
  };
  return new PullLog({ recordPulls }, logger, pauseMs);
}

it('hands over each manifest once, and whether any asked for it by digest', async () => {
  const batches: RecordPullsRequest[] = [];
  const log = logInto(batches);
  log.seen(1, false);
  log.seen(2, true);
  log.seen(1, true);
  log.seen(2, false);
  log.start();
  await log.stop();
  expect(batches.map(({ manifests }) => manifests)).toEqual([
    [
      { manifestId: 1, byDigest: true },
      { manifestId: 2, byDigest: true },
    ],
  ]);
});

it('limit pulls-in-batch: keeps 1,000 pulls and 5,000 manifests of one batch, and makes nothing of the rest', async () => {
  const batches: RecordPullsRequest[] = [];
  const log = logInto(batches);
  let made = 0;
  for (let n = 0; n < 6_000; n++) {
    log.seen(n, true);
    log.note(() => {
      made += 1;
      return pull;
    });
  }
  log.start();
  await log.stop();
  expect([batches.length, batches[0]?.manifests.length, batches[0]?.pulls.length, made]).toEqual([
    1, 5_000, 1_000, 1_000,
  ]);
});

it('hands over nothing when nothing was pulled', async () => {
  const batches: RecordPullsRequest[] = [];
  const log = logInto(batches);
  log.start();
  await log.stop();
  expect(batches).toEqual([]);
});

it('goes on after a batch that was lost, with what came since', async () => {
  const batches: RecordPullsRequest[] = [];
  let fails = true;
  let second: () => void = () => undefined;
  const whenTwo = new Promise<void>((resolve) => {
    second = resolve;
  });
  const recordPulls = async (batch: RecordPullsRequest) => {
    batches.push(batch);
    if (batches.length === 2) second();
    if (!fails) return {};
    fails = false;
    log.seen(2, true);
    throw new Error('the database is away');
  };
  const log: PullLog = new PullLog({ recordPulls }, logger, 1);
  log.seen(1, true);
  log.start();
  await whenTwo;
  await log.stop();
  expect(batches.map(({ manifests }) => manifests.map(({ manifestId }) => manifestId))).toEqual([[1], [2]]);
});
