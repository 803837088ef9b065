import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryPools } from '@lading/metadata';
import {
  type Interleaving,
  interleave,
  type Outcome,
  type Side,
  type Step,
  type TwoConnections,
  twoConnections,
} from '@lading/testing';
import type { Client } from 'pg';
import { Registry } from './registry.js';
import { type Sabotage, SteppedCase } from './stepped-case.js';
import { violations } from './violations.js';

/** Milliseconds after which a step that waits for the other side counts as blocked. */
const LOCK_TIMEOUT = 150;

/** One of two use cases that meet. */
export interface Actor<Scene> {
  /** Names of the statements before which it may be held up. */
  readonly stops: readonly string[];
  run(pools: RegistryPools, scene: Scene): Promise<unknown>;
  /** What a success means, where there is more than one kind; `done` otherwise. */
  readonly say?: (value: unknown) => string;
  readonly sabotage?: Sabotage;
}

export interface Meeting<Scene> {
  /** Fresh rows for one run. */
  arrange(registry: Registry): Promise<Scene>;
  readonly a: Actor<Scene>;
  readonly b: Actor<Scene>;
}

/** What one order of steps led to: how each side ended, as `a / b`, and which rules the rows break. */
export interface Result {
  readonly order: string;
  readonly ends: string;
  readonly broken: readonly string[];
}

/** Names stay, everything in them goes; DELETE is quicker than TRUNCATE for a handful of rows. */
const FORGET = [
  'manifest_edge',
  'tag',
  'manifest',
  'blob_link',
  'upload_session',
  'blob_object',
  'outbox',
  'repository',
]
  .map((table) => `DELETE FROM registry.${table}`)
  .join(';');

/** Whether a step that has to wait fails after 150 ms, or stays pending while the other side goes on. */
export type Waiting = 'fails' | 'pends';

/**
 * A database of its own with two connections that meet on it. Collectors look at every row, so what one run leaves
 * behind is calmed before the next, and runs at the same time need a lane each.
 */
export class Lane {
  private constructor(
    readonly registry: Registry,
    private readonly connections: Readonly<Record<Waiting, TwoConnections>>,
  ) {}

  static async open(): Promise<Lane> {
    const registry = await Registry.open();
    const fails = await twoConnections(registry.database, { lockTimeout: LOCK_TIMEOUT });
    const pends = await twoConnections(registry.database);
    for (const client of [fails.a, fails.b, pends.a, pends.b]) client.setTypeParser(20, 'text', Number);
    // With a timeout nobody needs to know who waits, so the server is not asked; the pause keeps the loop from spinning.
    const quiet = { ...fails, waiting: () => sleep(2).then(() => ({ a: false, b: false })) };
    return new Lane(registry, { fails: quiet, pends });
  }

  async close(): Promise<void> {
    await Promise.all([this.connections.fails.close(), this.connections.pends.close()]);
    await this.registry.close();
  }

  /** All orders of the two step lists, each to be run by itself. */
  orders<Scene>(meeting: Meeting<Scene>): ((waiting: Waiting) => Promise<Result>)[] {
    const stage: { scene?: Scene; cases?: Record<Side, SteppedCase> } = {};
    const steps = (side: Side): Step[] =>
      meeting[side].stops.map((name, n) => ({
        name,
        run: (client: Client) => stage.cases![side].step(n, client, this.registry.pools),
      }));
    const take = (side: Side, scene: Scene) => {
      const { stops, run, sabotage } = meeting[side];
      return new SteppedCase(stops, (pools) => run(pools, scene), sabotage);
    };
    return interleave(steps('a'), steps('b')).map((order) => async (waiting) => {
      await this.calm();
      const scene = await meeting.arrange(this.registry);
      stage.cases = { a: take('a', scene), b: take('b', scene) };
      return this.finish(order, waiting, meeting);
    });
  }

  private async finish<Scene>(order: Interleaving, waiting: Waiting, meeting: Meeting<Scene>): Promise<Result> {
    const outcomes = await order.run(this.connections[waiting]);
    const ends = `${endOf('a', outcomes, meeting.a)} / ${endOf('b', outcomes, meeting.b)}`;
    return { order: order.name, ends, broken: await violations(this.registry) };
  }

  /** Nothing that is left over is due for a collector, and nothing left over counts against the next run. */
  private async calm(): Promise<void> {
    await this.registry.pools.write.query(FORGET);
  }
}

function endOf<Scene>(side: Side, outcomes: readonly Outcome[], actor: Actor<Scene>): string {
  const mine = outcomes.filter((outcome) => outcome.side === side && outcome.kind !== 'skipped');
  const last = mine.at(-1);
  if (last?.kind === 'blocked') return 'blocked';
  if (last?.kind === 'done') return actor.say?.(last.value) ?? 'done';
  if (last?.kind !== 'failed') throw new Error(`side ${side} did nothing`);
  const { kind } = last.error as { kind?: string };
  if (kind === undefined && last.code === undefined) throw last.error;
  return kind ?? last.code ?? '';
}
