import { setImmediate as turn } from 'node:timers/promises';
import { CHECK_SLOTS, CheckSlots } from './check-slots.js';

/** Work that ends when it is told to. */
function openWork() {
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => ended };
}

it('are two, and 300 wait for 10 s at most', () => {
  expect(CHECK_SLOTS).toEqual({ slots: 2, waitMs: 10_000, maxWaiting: 300 });
});

it('runs two at a time, in the order asked', async () => {
  const slots = new CheckSlots({ slots: 2, waitMs: 10_000, maxWaiting: 10 });
  const started: number[] = [];
  const works = [0, 1, 2, 3].map(openWork);
  const runs = works.map(({ work }, index) =>
    slots.run(() => {
      started.push(index);
      return work();
    }),
  );
  await turn();
  expect(started).toEqual([0, 1]);
  works[1]?.end();
  await runs[1];
  expect(started).toEqual([0, 1, 2]);
  for (const { end } of works) end();
  await Promise.all(runs);
  expect(started).toEqual([0, 1, 2, 3]);
});

it('limit sign-in-wait: refuses with Retry-After whoever waited too long, and gives the turn to the next', async () => {
  const slots = new CheckSlots({ slots: 1, waitMs: 20, maxWaiting: 10 });
  const first = openWork();
  const running = slots.run(first.work);
  await expect(slots.run(async () => 'late')).rejects.toMatchObject({ status: 429, retryAfterSeconds: 5 });
  first.end();
  await running;
  await expect(slots.run(async () => 'next')).resolves.toBe('next');
});

it('limit sign-ins-waiting: refuses at once when too many wait', async () => {
  const slots = new CheckSlots({ slots: 1, waitMs: 10_000, maxWaiting: 1 });
  const first = openWork();
  const running = slots.run(first.work);
  const waiting = slots.run(async () => 'waited');
  await expect(slots.run(async () => 'one too many')).rejects.toMatchObject({ status: 429 });
  first.end();
  await running;
  await expect(waiting).resolves.toBe('waited');
});

it('frees the slot of work that fails', async () => {
  const slots = new CheckSlots({ slots: 1, waitMs: 10_000, maxWaiting: 1 });
  await expect(slots.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  await expect(slots.run(async () => 'next')).resolves.toBe('next');
});
