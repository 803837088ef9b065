import type { RegistryPools } from '@lading/metadata';
import type { Client, Pool, PoolClient, QueryConfig } from 'pg';

/** Replaces parts of statements, by statement name: how a test breaks the code on purpose. */
export type Sabotage = Readonly<Record<string, (text: string) => string>>;

/** deadlock_detected, serialization_failure, lock_not_available, unique_violation: the attempt is over. */
const CONFLICTS = new Set(['40P01', '40001', '55P03', '23505']);

/**
 * Runs a use case of `metadata` as it is, on one given connection, and stops it before chosen statements.
 *
 * The use case gets pools whose `write` hands out that connection behind a gate. A statement whose name is among `stops`
 * waits at the gate until its step comes; statements without a stop go with the one before. So a step is "this
 * statement and all up to the next stop", and the last step includes COMMIT unless `commit` is a stop of its own. A use
 * case that takes another way and skips a stop does nothing in that step.
 *
 * A conflict ends the attempt, as it would for a caller without retries.
 */
export class SteppedCase {
  private allowed = -1;
  private resume: (() => void) | undefined;
  private parkedAt = Number.POSITIVE_INFINITY;
  private stepEnds: (() => void) | undefined;
  private over: { error?: unknown; value?: unknown } | undefined;

  constructor(
    private readonly stops: readonly string[],
    private readonly work: (pools: RegistryPools) => Promise<unknown>,
    private readonly sabotage: Sabotage = {},
  ) {}

  /** Runs the n-th step. @returns what the use case answered, once it is over. @throws what it threw. */
  async step(n: number, client: Client, pools: RegistryPools): Promise<unknown> {
    const ended = new Promise<void>((resolve) => {
      this.stepEnds = resolve;
    });
    this.allowed = n;
    if (n === 0) this.start(client, pools);
    else this.release();
    await ended;
    if (this.over && 'error' in this.over) throw this.over.error;
    return this.over?.value;
  }

  private start(client: Client, pools: RegistryPools): void {
    let connected = false;
    const connect = async () => {
      if (connected) return this.endAttempt();
      connected = true;
      return this.gated(client);
    };
    const write = { connect } as unknown as Pool;
    this.work({ write, read: pools.read, soft: pools.soft }).then(
      (value) => this.end({ value }),
      (error) => this.end({ error }),
    );
  }

  /** A use case that starts over by itself, because it found a row moved, had its attempt. */
  private endAttempt(): never {
    const error = Object.assign(new Error('the attempt is over'), { code: '40001' });
    this.end({ error });
    throw error;
  }

  private release(): void {
    if (this.over || this.parkedAt > this.allowed) {
      this.stepEnds?.();
      return;
    }
    this.parkedAt = Number.POSITIVE_INFINITY;
    this.resume?.();
  }

  private end(over: { error?: unknown; value?: unknown }): void {
    this.over ??= over;
    this.stepEnds?.();
  }

  private gated(client: Client): PoolClient {
    const query = async (config: string | QueryConfig) => {
      // The attempt is over: whoever runs the meeting rolls back.
      if (this.over) return { rows: [], rowCount: 0 };
      const name = typeof config === 'string' ? config : (config.name ?? '');
      const stop = this.stops.indexOf(name);
      if (stop > this.allowed) await this.park(stop);
      try {
        return await client.query(this.sabotaged(config) as QueryConfig);
      } catch (error) {
        if (CONFLICTS.has((error as { code?: string }).code ?? '')) this.end({ error });
        throw error;
      }
    };
    return { query, on: () => undefined, off: () => undefined, release: () => undefined } as unknown as PoolClient;
  }

  private park(stop: number): Promise<void> {
    this.parkedAt = stop;
    const resumed = new Promise<void>((resolve) => {
      this.resume = resolve;
    });
    this.stepEnds?.();
    return resumed;
  }

  private sabotaged(config: string | QueryConfig): string | QueryConfig {
    if (typeof config === 'string' || !config.name) return config;
    const change = this.sabotage[config.name];
    if (!change) return config;
    const text = change(config.text);
    if (text === config.text) throw new Error(`nothing to break in ${config.name}: the statement has changed`);
    return { text, values: config.values };
  }
}
