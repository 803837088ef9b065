import { randomUUID } from 'node:crypto';
import { inlineHashers } from '@lading/blob-store';
import { composeHandler, type DistributionSettings, type V2Handler } from '@lading/distribution';
import { EventStrategy, PgEventConsumer, PgEventPublisher, REGISTRY_TOPIC } from '@lading/events';
import { RegistryEventsController, type Work, worksOf } from '@lading/gc';
import { type MetadataSettings, Relay } from '@lading/metadata';
import { createLogger } from '@lading/platform';
import type { Grant, Scope } from '@lading/proto';
import { type AuthPort, type CollectionPort, databaseAwayOr, type ScopePort, type UploadPort } from '@lading/rpc';
import { Database } from './database/database.js';
import { SimulatedPool, type Turns } from './database/pool.js';
import type { Statement } from './database/statement.js';
import { findStatement } from './database/statements/index.js';
import { Disk, GatedStore } from './disk.js';
import { eagerWorks } from './eager-works.js';
import { handlersOf } from './event-handlers.js';
import { type Answered, type Asked, ask } from './http.js';
import type { Mutant } from './mutants.js';
import { SimulatedProcess } from './process.js';
import type { Random } from './random.js';
import { Network } from './remote.js';
import { Scheduler, settled } from './scheduler.js';
import { simulatedRegistry } from './simulated-registry.js';
import { UnreliablePublisher } from './unreliable-publisher.js';

/** When the clock of a run begins, milliseconds. */
const BEGIN_MS = Date.UTC(2027, 0, 1);

/** Short, so that everything lapses in the middle of everything. Milliseconds; a step takes one, and some take many. */
const SETTINGS: MetadataSettings = {
  ...{ leaseMs: 60, delayMs: 40, untaggedDelayMs: 40, holdMs: 20, restoreWindowMs: 60, uploadTtlMs: 300 },
  ...{ eventRetentionMs: 2 ** 40, openUploads: 1_000, nameLevels: 2 },
};
const CLOCKS = { leaseMs: 60, delayMs: 40, untaggedDelayMs: 40, restoreWindowMs: 60 };

const DISTRIBUTION: DistributionSettings = {
  ...{ challenge: 'basic', manifestLimit: 65_536, sparse: 'off', pullEvents: 'off', redirect: [], redirectTtlMs: 0 },
  ...{ publicUrl: undefined, trustedProxies: [] },
};

const logger = createLogger({ service: 'simulation', level: 'fatal' });

/** How long collectors wait in the course of one run. */
const RECONCILE_MS = 150;

const DONE = Promise.resolve();

/** How a collector knows where to look: it looks everywhere, walks through the registry, or was told by events. */
export type Collecting = 'eager' | 'walking' | 'told';

interface Server<T> {
  readonly process: SimulatedProcess;
  readonly port: T;
}

/** The whole installation with its clients, on one scheduler. */
export class World {
  nowMs = BEGIN_MS;
  readonly scheduler: Scheduler;
  readonly db = new Database(() => this.nowMs);
  readonly disk: Disk;
  readonly broken = new Set<string>();
  /** Statements that were carried out. */
  readonly reached = new Set<string>();
  readonly kept = new Map<string, { repository: string; tag: string; digest: string }>();
  private readonly network: Network;
  private readonly scopes = new Map<string, Scope>();
  private readonly sleepers = new SimulatedProcess('timers', 1);
  private metadata!: Server<ReturnType<typeof simulatedRegistry>>;
  private readonly replicas: Server<V2Handler>[] = [];
  private collectors: SimulatedProcess[] = [];
  private relay!: SimulatedProcess;
  private born = 0;
  private hasCrashed = false;

  constructor(
    readonly random: Random,
    private readonly mutant: Mutant,
  ) {
    this.scheduler = new Scheduler(random);
    this.isFine = random.once(6);
    this.network = new Network(this.scheduler, random, new SimulatedProcess('late'));
    this.disk = mutant.disk?.() ?? new Disk();
  }

  start(): void {
    this.network.faults = this.random.pick([0, 12, 40]);
    for (let n = this.random.once(4) ? 2 : 1; n > 0; n -= 1) this.startCollector();
    this.startRelay();
  }

  /** Kills one process, or the machine; what was killed starts again. */
  crash(): void {
    this.hasCrashed = true;
    const victim = this.random.below(6);
    if (victim === 5) for (const kill of [0, 1, 2, 3, 4]) this.crashOne(kill);
    else this.crashOne(victim);
  }

  private crashOne(victim: number): void {
    if (victim < 2) {
      this.kill((this.replicas[victim] as Server<V2Handler>).process);
      this.startReplica(victim);
    } else if (victim === 2) {
      this.kill(this.metadata.process);
      this.startMetadata();
    } else if (victim === 3) {
      this.kill(this.collectors.shift() as SimulatedProcess);
      this.startCollector();
    } else {
      this.kill(this.relay);
      this.startRelay();
    }
  }

  /** Some clients come one after another, and a collector after them, so that there is something to meet. */
  async history(clients: ((client: SimulatedProcess) => Promise<void>)[]): Promise<void> {
    this.startMetadata();
    for (const n of [0, 1]) this.startReplica(n);
    await this.scheduler.calmly(async () => {
      for (const work of clients) {
        await work(new SimulatedProcess('history'));
        this.nowMs += this.random.below(100);
      }
      const works = this.eagerOf(this.sleepers);
      for (let n = this.random.below(9); n > 0; n -= 1) {
        this.nowMs += this.random.below(60);
        await this.random.pick(works).run();
      }
    });
  }

  /** One step of anybody. */
  async step(): Promise<boolean> {
    this.nowMs += this.random.once(15) ? this.random.below(100) : 1;
    return this.scheduler.step();
  }

  /** A request of a client; undefined when its connection was cut. */
  async ask(client: SimulatedProcess, asked: Asked): Promise<Answered | undefined> {
    await this.scheduler.turn(client, `${asked.method} ${asked.url}`);
    const { process, port } = this.random.pick(this.replicas);
    const answered = await new Promise<Answered | undefined>((resolve) => {
      process.atEnd(() => resolve(undefined));
      ask(port, asked).then(resolve, () => resolve(undefined));
    });
    const isTroubled = this.hasCrashed || this.network.faults > 0;
    if (answered && answered.status >= 500 && !isTroubled)
      this.broken.add(`${asked.method} is answered ${answered.status} though nothing failed`);
    return answered;
  }

  /** What has no request on `/v2/`. */
  async restore(client: SimulatedProcess, name: string, digest: string): Promise<void> {
    const manifests = this.network.remote(client, () => ({ ...this.metadata, port: this.metadata.port.manifests }));
    const scope = await this.scopeOf(client, name);
    await manifests
      .restoreManifest({ scope, digest, withoutTags: this.random.once(2), operationId: randomUUID() })
      .catch(() => {});
  }

  /** A push that its client was told of; from now on it has to be there. */
  acknowledged(repository: string, tag: string, digest: string): void {
    this.kept.set(`${repository} ${tag}`, { repository, tag, digest });
  }

  /** A timer of the product. */
  sleep(): Promise<void> {
    return this.scheduler.isCalm ? settled() : this.scheduler.turn(this.sleepers, 'timer');
  }

  /** The clients are done: no more faults, and what is on its way arrives. */
  async quiesce(): Promise<void> {
    this.network.faults = 0;
    for (const process of [...this.collectors.splice(0), this.relay]) this.kill(process);
    this.kill(this.sleepers);
    await this.scheduler.calm();
    for (let n = 0; n < 50; n += 1) await settled();
  }

  private eagerOf(process: SimulatedProcess) {
    return eagerWorks(this.db, this.remote<CollectionPort>(process, 'collection'));
  }

  /** One round of a collector that has nobody beside it. @param passedMs before each piece of its work */
  async collect(how: Collecting, passedMs: number): Promise<void> {
    const process = this.makeProcess('collector', 1);
    const pool = this.poolOf(process);
    if (how === 'told') await this.hear(pool);
    const works = this.worksOf(process, pool, how === 'walking' ? 0 : 2 ** 40);
    const purge = works.filter(({ name }) => name === 'purge objects');
    for (const work of how === 'eager' ? [...this.eagerOf(process), ...purge] : works) {
      this.nowMs += passedMs;
      await work.run();
    }
    // A walk has a page of one kind in a round.
    if (how === 'walking') for (let n = 0; n < 5; n += 1) await works.at(-1)?.run();
    this.kill(process);
  }

  /** Everything in the outbox to the log, and what is there to the collector. */
  private async hear(pool: SimulatedPool): Promise<void> {
    while ((await this.relayOf(pool).moveBatch()) > 0);
    const consumer = this.consumerOf(pool);
    for (let n = 0; n < 12; n += 1) await settled();
    await consumer.close();
  }

  private kill(process: SimulatedProcess): void {
    process.kill();
    this.scheduler.drop(process);
  }

  private makeProcess(name: string, weight: number): SimulatedProcess {
    this.born += 1;
    return new SimulatedProcess(`${name} ${this.born}`, weight);
  }

  private turnsOf(process: SimulatedProcess): Turns {
    return {
      next: (what, isMeeting) =>
        isMeeting || this.isFine || !process.isAlive || this.random.once(4) ? this.scheduler.turn(process, what) : DONE,
      until: (isFree) => this.scheduler.turn(process, 'lock', isFree),
      // Collectors note what several partitions tell of one thing in the order of the log; PostgreSQL lets one of them start over.
      deadlocked: () => {
        if (this.metadata.process === process) this.broken.add('two transactions wait for each other');
      },
      textOf: this.mutant.textOf ?? ((_, text) => text),
      statementOf: (name) => this.statementOf(name),
    };
  }

  /** One that the simulation does not know is a fault, whoever would catch the error. */
  private statementOf(label: string): Statement {
    const known = findStatement(label);
    if (!known) {
      this.broken.add(`the simulation does not know the statement ${label}`);
      throw new Error(label);
    }
    this.reached.add(known.name);
    return known.statement;
  }

  private poolOf(process: SimulatedProcess): SimulatedPool {
    const pool = new SimulatedPool(this.db, this.turnsOf(process));
    process.atEnd(() => pool.cut());
    return pool;
  }

  private startMetadata(): void {
    const process = this.makeProcess('metadata', 16);
    this.metadata = { process, port: simulatedRegistry(this.poolOf(process), SETTINGS) };
  }

  private startReplica(n: number): void {
    const process = this.makeProcess('distribution', 16);
    const gate = (what: string) => this.scheduler.turn(process, what);
    const { uploads, store } = this.withMutant(
      this.remote<UploadPort>(process, 'uploads'),
      new GatedStore(this.disk, gate),
    );
    const blobs = this.remote<never>(process, 'blobs');
    const manifests = this.remote<never>(process, 'manifests');
    const auth = { authorizeBasic: (asked: Asking) => this.authorize(process, asked) } as unknown as AuthPort;
    const parts = { uploads, blobs, manifests, auth, store, logger, settings: DISTRIBUTION };
    this.replicas[n] = { process, port: composeHandler(parts, inlineHashers) };
  }

  private withMutant(uploads: UploadPort, store: GatedStore) {
    return this.mutant.distribution?.(uploads, store, this.disk) ?? { uploads, store };
  }

  private remote<Port extends object>(
    from: SimulatedProcess,
    name: 'uploads' | 'blobs' | 'manifests' | 'scopes' | 'collection',
  ): Port {
    return this.network.remote(from, () => ({
      process: this.metadata.process,
      port: this.metadata.port[name],
    })) as Port;
  }

  /** Everybody may do everything; what is where, `metadata` says, as it does to `auth`. */
  private async authorize(from: SimulatedProcess, { scopes }: Asking) {
    const grants: Grant[] = [];
    for (const { type, name, actions } of scopes) grants.push({ type, actions, ...(await this.scopeOf(from, name)) });
    return { authenticated: true, principal: 'account:1', credential: 'account:1', grants };
  }

  /** As a token says it, which is given once the project is there and then kept. */
  private async scopeOf(from: SimulatedProcess, name: string): Promise<Scope> {
    const known = this.scopes.get(name);
    if (known) return known;
    const port = this.remote<ScopePort>(from, 'scopes');
    const [found] = (await port.resolveScopes({ names: [name] })).scopes;
    if (!found) throw new Error(`no answer for ${name}`);
    const { groupLevel: _, ...resolved } = found;
    const scope = { ...resolved, principal: 'account:1', credential: 'account:1', mayPush: true };
    if (scope.projectId !== undefined) this.scopes.set(name, scope);
    return scope;
  }

  private startCollector(): void {
    const process = this.makeProcess('gc', this.random.pick([1, 4, 8]));
    const pool = this.poolOf(process);
    this.collectors.push(process);
    this.consumerOf(pool);
    const works = this.worksOf(process, pool, this.random.once(2) ? RECONCILE_MS : 2 ** 40);
    const eager = this.eagerOf(process);
    // In any order: nothing that is safe may depend on it.
    void this.forEver(process, async () => {
      const work = this.random.pick<{ run(): Promise<unknown> }>(this.random.once(2) ? works : eager);
      await work.run().catch(() => {});
    });
  }

  private worksOf(process: SimulatedProcess, pool: SimulatedPool, reconcileMs: number): Work[] {
    const gate = (what: string) => this.scheduler.turn(process, what);
    const plain = {
      collection: this.remote<CollectionPort>(process, 'collection'),
      store: new GatedStore(this.disk, gate),
    };
    const { collection, store } = this.mutant.collector?.(plain.collection, plain.store) ?? plain;
    return worksOf({ collection, store, pool: pool.asPool, logger, reconcileMs });
  }

  /** A member of the group of collectors, at work. */
  private consumerOf(pool: SimulatedPool): EventStrategy {
    const isPassing = (error: unknown) => databaseAwayOr(error) !== error;
    const consumer = new PgEventConsumer(pool.asPool, { schema: 'gc', group: 'gc', logger, isPassing });
    const strategy = new EventStrategy(consumer, [REGISTRY_TOPIC], logger);
    for (const [type, handler] of handlersOf(new RegistryEventsController(CLOCKS)))
      strategy.addHandler(type, handler, true);
    strategy.listen(() => {});
    return strategy;
  }

  private startRelay(): void {
    this.relay = this.makeProcess('relay', 1);
    const relay = this.relayOf(this.poolOf(this.relay));
    void this.forEver(this.relay, async () => void (await relay.moveBatch().catch(() => {})));
  }

  private relayOf(pool: SimulatedPool): Relay {
    const log = new PgEventPublisher(pool.asPool);
    return new Relay(pool.asPool, this.isLogBad ? new UnreliablePublisher(log, this.random) : log, logger);
  }

  private async forEver(process: SimulatedProcess, work: () => Promise<void>): Promise<void> {
    while (process.isAlive) {
      await this.scheduler.turn(process, 'round');
      await work();
    }
  }

  /** Every statement waits for its turn in this run, and not only those that others can tell the time of. */
  private readonly isFine: boolean;

  /** Whether events are lost, doubled and mixed in this run. */
  get isLogBad(): boolean {
    return this.network.faults === 12;
  }
}

interface Asking {
  readonly scopes: readonly { type: string; name: string; actions: string[] }[];
}
