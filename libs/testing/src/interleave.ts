import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Client } from 'pg';
import type { TwoConnections } from './two-connections.js';

/** One statement, or a few that belong together, of one side. BEGIN and COMMIT are steps like any other. */
export interface Step {
  readonly name: string;
  run(client: Client): Promise<unknown>;
}

export type Side = 'a' | 'b';

/** How one step ended. After `failed` and `blocked` its side is rolled back and the side's later steps are `skipped`. */
export type Outcome = { readonly side: Side; readonly step: string } & (
  | { readonly kind: 'done'; readonly value: unknown; readonly waited: boolean }
  | { readonly kind: 'failed'; readonly code: string | undefined; readonly error: Error; readonly waited: boolean }
  | { readonly kind: 'blocked' }
  | { readonly kind: 'skipped' }
);

export interface Interleaving {
  /** The steps in order, as `a begin, b begin, a commit, b commit`. */
  readonly name: string;
  /**
   * Runs the steps in this order and answers their outcomes in the order they ended. What happens to a step that has
   * to wait for the other side's lock is a matter of the connections:
   *
   * - opened with a `lockTimeout`, it fails after that time and counts as `blocked`: each order then is exactly itself,
   *   and says which steps exclude each other;
   * - opened without one, it stays pending while the other side goes on, and ends when the lock is free; steps of its
   *   side that come due meanwhile follow after it. `waited` tells. A deadlock ends one side with `failed`, 40P01.
   *
   * No time is guessed: the next step begins when each side has either ended its step or, as the server says, waits
   * for a lock.
   */
  run(connections: TwoConnections): Promise<Outcome[]>;
}

/**
 * All interleavings of two lists of steps, (m + n)! / (m! n!) of them, each list in its own order. Every run needs
 * fresh data; steps that remember something between them must forget it at the first.
 */
export function interleave(a: readonly Step[], b: readonly Step[]): Interleaving[] {
  return orders(a.length, b.length).map((order) => {
    const positions = { a: 0, b: 0 };
    const turns = order.map((side) => ({ side, step: { a, b }[side][positions[side]++] as Step }));
    const name = turns.map(({ side, step }) => `${side} ${step.name}`).join(', ');
    return { name, run: (connections) => new Run(connections).all(turns) };
  });
}

function orders(a: number, b: number): Side[][] {
  if (a === 0 || b === 0) return [[...Array<Side>(a).fill('a'), ...Array<Side>(b).fill('b')]];
  const beginning = (side: Side, rest: Side[][]) => rest.map((order): Side[] => [side, ...order]);
  return [...beginning('a', orders(a - 1, b)), ...beginning('b', orders(a, b - 1))];
}

interface Lane {
  /** Ends when the last step given to this side ended. */
  tail: Promise<void>;
  /** Steps given and not ended. */
  open: number;
  over: boolean;
  waited: boolean;
}

class Run {
  private readonly outcomes: Outcome[] = [];
  private readonly lanes: Record<Side, Lane> = { a: newLane(), b: newLane() };

  constructor(private readonly connections: TwoConnections) {}

  async all(turns: readonly { side: Side; step: Step }[]): Promise<Outcome[]> {
    for (const { side, step } of turns) {
      this.give(side, step);
      await this.settled();
    }
    await Promise.all([this.lanes.a.tail, this.lanes.b.tail]);
    return this.outcomes;
  }

  private give(side: Side, step: Step): void {
    const lane = this.lanes[side];
    lane.open += 1;
    lane.tail = lane.tail.then(async () => {
      this.outcomes.push(lane.over ? { side, step: step.name, kind: 'skipped' } : await this.runStep(side, step));
      lane.open -= 1;
    });
  }

  private async runStep(side: Side, step: Step): Promise<Outcome> {
    const lane = this.lanes[side];
    lane.waited = false;
    try {
      const value = await step.run(this.connections[side]);
      return { side, step: step.name, kind: 'done', value, waited: lane.waited };
    } catch (cause) {
      const error = cause as Error & { code?: string };
      lane.over = true;
      await this.connections[side].query('rollback').catch(() => undefined);
      if (error.code === '55P03') return { side, step: step.name, kind: 'blocked' };
      return { side, step: step.name, kind: 'failed', code: error.code, error, waited: lane.waited };
    }
  }

  /** Resolves when each side has nothing open or waits for a lock. With a lock timeout the wait itself ends in time. */
  private async settled(): Promise<void> {
    const sides: Side[] = ['a', 'b'];
    for (;;) {
      await nextTurn();
      if (sides.every((side) => this.lanes[side].open === 0)) return;
      const waiting = await this.connections.waiting();
      for (const side of sides) if (waiting[side] && this.lanes[side].open > 0) this.lanes[side].waited = true;
      if (!this.connections.lockTimeout && sides.every((side) => this.lanes[side].open === 0 || waiting[side])) return;
    }
  }
}

function newLane(): Lane {
  return { tail: Promise.resolve(), open: 0, over: false, waited: false };
}
