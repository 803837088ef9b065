import { setTimeout as sleep } from 'node:timers/promises';
import type { CollectorPort } from '../ports.js';

/** What the collector's database holds before each test. */
export interface KnownCandidates {
  /** Links that are not due for long, in the order in which they are due; more than two. */
  readonly links: readonly string[];
  /** Ids of an event that can be handled now, and of one that cannot. */
  readonly letters: () => readonly [handled: number, broken: number];
}

const ACTOR = 'account:1';

/** What every adapter of `CollectorPort` does. */
export function collectorPortContract(port: () => CollectorPort, known: KnownCandidates): void {
  afterEach(async () => {
    await port().resume({ actor: ACTOR });
    await port().setPace({ pace: undefined, actor: ACTOR });
  });

  const rounded = async () => {
    const { collectorId, round } = await port().run({});
    for (;;) {
      const { collectors } = await port().getStatus({});
      const collector = collectors.find(({ id }) => id === collectorId);
      if (collector && collector.endedRound >= round) return collector;
      await sleep(20);
    }
  };

  it('says what waits, of each kind, and which collectors there are', async () => {
    await rounded();
    const status = await port().getStatus({});
    expect(status.candidates.map(({ kind }) => kind)).toEqual([
      'untagged',
      'expunge',
      'repository',
      'project',
      'link',
      'object',
    ]);
    expect(status.candidates[4]).toMatchObject({ waiting: known.links.length, due: 0, oldestDueMs: undefined });
    expect(status.candidates[4]?.nextDueMs).toBeGreaterThan(Date.now());
    expect(status.condemned).toEqual({ objects: 0, bytes: 0, nextMs: undefined, failed: 0 });
    expect(status.collectors).toMatchObject([{ pid: process.pid, rests: [] }]);
    expect([status.pause, status.halt, status.pace]).toEqual([undefined, undefined, undefined]);
  });

  it('runs a round when it is asked, and says when it has ended', async () => {
    const first = await rounded();
    const second = await rounded();
    expect(second.endedRound).toBeGreaterThan(first.endedRound);
  });

  it('pauses with the first reason given, runs rounds that do nothing, and resumes', async () => {
    const { pause } = await port().pause({ reason: 'moving the disks', actor: ACTOR });
    expect(pause).toMatchObject({ reason: 'moving the disks', actor: ACTOR });
    expect((await port().pause({ reason: 'another', actor: 'account:2' })).pause).toEqual(pause);
    expect((await port().getStatus({})).pause).toEqual(pause);
    const before = await rounded();
    expect((await rounded()).done).toEqual(before.done);
    expect(await port().resume({ actor: ACTOR })).toEqual({});
    expect((await port().getStatus({})).pause).toBeUndefined();
  });

  it('confirms what is not halted, too', async () => {
    expect(await port().confirm({ actor: ACTOR })).toEqual({});
  });

  it('keeps a pace', async () => {
    await port().setPace({ pace: 7, actor: ACTOR });
    expect((await port().getStatus({})).pace).toBe(7);
    await port().setPace({ pace: undefined, actor: ACTOR });
    expect((await port().getStatus({})).pace).toBeUndefined();
  });

  it('walks through the registry when it is asked', async () => {
    const walked = async () => (await port().getStatus({})).walks.map(({ begunMs }) => begunMs);
    await port().reconcile({});
    await rounded();
    const before = await walked();
    expect(before).toHaveLength(6);
    await port().reconcile({});
    await rounded();
    const after = await walked();
    expect(after.every((begun, n) => begun > (before[n] ?? 0))).toBe(true);
    expect((await port().getStatus({})).walks.every(({ endedMs }) => endedMs !== undefined)).toBe(true);
  });

  it('lists what waits in pages, in the order in which it is due', async () => {
    const subjects: string[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page: Awaited<ReturnType<CollectorPort['listCandidates']>> = await port().listCandidates({
        kind: 'link',
        after,
        limit: 2,
      });
      expect(page.candidates.length).toBeLessThanOrEqual(2);
      subjects.push(...page.candidates.map(({ subject }) => subject));
      after = page.next;
    }
    expect(subjects).toEqual(known.links);
    expect(await port().listCandidates({ kind: 'other', after: '', limit: 2 })).toEqual({
      candidates: [],
      next: undefined,
    });
  });

  it('knows nothing of a blob that is not there', async () => {
    expect(await port().describeBlob({ digest: `sha256:${'0'.repeat(64)}` })).toEqual({ object: undefined });
  });

  it('handles an event again that was given up, or says what went wrong', async () => {
    const [handled, broken] = known.letters();
    const ids = async () => (await port().listDeadLetters({ limit: 10 })).letters.map(({ id }) => id);
    expect(await ids()).toEqual([handled, broken]);
    expect(await port().sendDeadLetterAgain({ id: handled })).toEqual({ error: undefined, unknown: false });
    expect(await port().sendDeadLetterAgain({ id: broken })).toMatchObject({ error: expect.any(String) });
    expect(await port().sendDeadLetterAgain({ id: broken + 1_000 })).toEqual({ error: undefined, unknown: true });
    expect(await ids()).toEqual([broken]);
    expect((await port().getStatus({})).deadLetters).toBe(1);
  });
}
