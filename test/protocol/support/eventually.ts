import { setTimeout as delay } from 'node:timers/promises';

/** Asks until the answer is not undefined. Throws after `seconds`, naming what was waited for. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  seconds = 20,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await delay(20);
  }
}
