import { MemoryBlobStore } from '@lading/blob-store';
import { createPool } from '@lading/database';
import { EventStrategy, PgEventConsumer, PgEventPublisher, REGISTRY_TOPIC } from '@lading/events';
import { migrateGc, RegistryEventsController, type Work, worksOf } from '@lading/gc';
import { CollectionController, type MetadataSettings, Relay } from '@lading/metadata';
import { OciError } from '@lading/oci';
import { createLogger } from '@lading/platform';
import type { Pool } from 'pg';
import { Database } from '../../simulation/database/database.js';
import { SimulatedPool } from '../../simulation/database/pool.js';
import { findStatement } from '../../simulation/database/statements/index.js';
import { handlersOf } from '../../simulation/event-handlers.js';
import { simulatedRegistry } from '../../simulation/simulated-registry.js';
import { Registry, SETTINGS } from '../metadata/support/registry.js';

type Ports = Pick<Registry, 'uploads' | 'blobs' | 'manifests' | 'scopes' | 'collection'>;

/** One registry with its collector, on one database or the other. */
export interface Side extends Ports {
  /** Forgets nothing of what was deleted. */
  readonly patient: Pick<Ports, 'manifests'>;
  readonly works: readonly Work[];
  readonly relay: Relay;
  readonly pool: Pool;
  readonly store: MemoryBlobStore;
}

const logger = createLogger({ service: 'spec', level: 'fatal' });
const AT_ONCE: MetadataSettings = { ...SETTINGS, leaseMs: 0, untaggedDelayMs: 0, holdMs: 0, restoreWindowMs: 0 };
const CLOCKS = { leaseMs: 0, delayMs: 0, untaggedDelayMs: 0, restoreWindowMs: 0 };

function sideOf(ports: Ports, patient: Ports, pools: { write: Pool }, pool: Pool): Side {
  const store = new MemoryBlobStore();
  const works = worksOf({ collection: ports.collection, store, pool, logger, reconcileMs: -1 });
  const relay = new Relay(pools.write, new PgEventPublisher(pools.write), logger);
  return { ...ports, patient, works, relay, pool, store };
}

/** The same registry twice: on PostgreSQL, and on what the simulation takes for it. */
export class Pair {
  private constructor(
    readonly real: Side,
    readonly simulated: Side,
    readonly registry: Registry,
    readonly database: Database,
    private readonly realPool: Pool,
  ) {}

  static async open(): Promise<Pair> {
    const registry = await Registry.open({ leaseMs: 0, untaggedDelayMs: 0, holdMs: 0 });
    await migrateGc({ url: registry.database.url });
    const realPool = createPool({ url: registry.database.url, max: 10, applicationName: 'spec' });
    const { uploads, blobs, manifests, scopes, pools } = registry;
    const collection = new CollectionController(pools, AT_ONCE);
    const ports = { uploads, blobs, manifests, scopes, collection };
    const database = new Database(ticking());
    const pool = new SimulatedPool(database, {
      next: async () => {},
      until: async (isFree) => {
        while (!isFree()) await new Promise((resolve) => setImmediate(resolve));
      },
      deadlocked: () => {},
      textOf: (_, text) => text,
      statementOf: (label) => {
        const known = findStatement(label);
        if (!known) throw new Error(`the simulation does not know the statement ${label}`);
        return known.statement;
      },
    });
    const atOnce = simulatedRegistry(pool, AT_ONCE);
    const patient = simulatedRegistry(pool, { ...AT_ONCE, restoreWindowMs: SETTINGS.restoreWindowMs });
    const real = sideOf(ports, ports, pools, realPool);
    return new Pair(real, sideOf(atOnce, patient, atOnce.pools, pool.asPool), registry, database, realPool);
  }

  /** Does the same on both. @returns what each of them said, an error as its parts. */
  async both(act: (side: Side) => Promise<unknown>): Promise<{ real: unknown; simulated: unknown }> {
    return { real: await said(act(this.real)), simulated: await said(act(this.simulated)) };
  }

  async close(): Promise<void> {
    await this.realPool.end();
    await this.registry.close();
  }
}

/** Everything in the outbox to the log, and what is in the log to the collector. */
export async function deliver(side: Side): Promise<void> {
  while ((await side.relay.moveBatch()) > 0);
  const consumer = new PgEventConsumer(side.pool, {
    ...{ schema: 'gc', group: 'gc', logger, isPassing: () => false, pollMs: 1 },
  });
  const strategy = new EventStrategy(consumer, [REGISTRY_TOPIC], logger);
  for (const [type, handler] of handlersOf(new RegistryEventsController(CLOCKS)))
    strategy.addHandler(type, handler, true);
  await new Promise<void>((resolve, reject) => strategy.listen((error) => (error ? reject(error) : resolve())));
  const isThere = `SELECT next_position FROM gc.consumer_place WHERE consumer = $1 AND topic = $2 AND partition = $3`;
  const behind = `SELECT p.topic, p.partition FROM gc.consumer_place p
    JOIN events.partition_head h ON h.topic = p.topic AND h.partition = p.partition
    WHERE p.consumer = $1 AND p.topic = ANY($2::text[]) AND h.position >= p.next_position`;
  const count = async (query: string, values: unknown[]) => (await side.pool.query(query, values)).rowCount;
  const wait = () => new Promise((resolve) => setTimeout(resolve, 2));
  while ((await count(isThere, ['gc', REGISTRY_TOPIC, 11])) === 0) await wait();
  while ((await count(behind, ['gc', [REGISTRY_TOPIC]])) !== 0) await wait();
  await strategy.close();
}

async function said(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    const { message, detail, data } = error;
    return { refused: error.constructor.name, message, detail, data };
  }
}

/** Rises with each look, as a clock of microseconds does between two statements. */
function ticking(): () => number {
  let now = 0;
  return () => {
    now = Math.max(now + 1, Date.now());
    return now;
  };
}
