import crypto from 'node:crypto';
import timers from 'node:timers/promises';
import { Random } from './random.js';
import type { World } from './world.js';

/**
 * Runs work with the clock, the timers and the random ids of a simulated world in place of the machine's, so that a seed
 * is all that decides. Nothing else may run in this process meanwhile.
 */
export async function inSimulation<T>(world: World, work: () => Promise<T>): Promise<T> {
  const { Date: RealDate } = globalThis;
  const real = { randomUUID: crypto.randomUUID, setTimeout: timers.setTimeout };
  globalThis.Date = class extends RealDate {
    constructor(...parts: ConstructorParameters<typeof RealDate> | []) {
      super(...((parts.length === 0 ? [world.nowMs] : parts) as [number]));
    }

    static override now(): number {
      return world.nowMs;
    }
  } as DateConstructor;
  const ids = new Random(world.random.below(2 ** 31));
  crypto.randomUUID = () => ids.uuid() as ReturnType<typeof crypto.randomUUID>;
  timers.setTimeout = ((_ms: number, value: unknown) => world.sleep().then(() => value)) as typeof timers.setTimeout;
  const { stackTraceLimit } = Error;
  // Refusals are many, and nobody reads where they come from.
  Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    globalThis.Date = RealDate;
    Object.assign(crypto, { randomUUID: real.randomUUID });
    Object.assign(timers, { setTimeout: real.setTimeout });
  }
}
