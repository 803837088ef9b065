import { sleep } from './sleep.js';

describe('sleep', () => {
  it('waits at least the time', async () => {
    const start = performance.now();
    await sleep(20);
    expect(performance.now() - start).toBeGreaterThanOrEqual(19);
  });

  it('ends without an error when its signal aborts, before or during the wait', async () => {
    const controller = new AbortController();
    const waiting = sleep(60_000, controller.signal);
    controller.abort();
    await waiting;
    await sleep(60_000, controller.signal);
    expect(controller.signal.aborted).toBe(true);
  });
});
