import { makeBlob } from '../faults/load/image.js';
import { waitUntil } from '../faults/processes.js';
import { Api } from '../protocol/support/api.js';
import { Random } from '../support/random.js';
import type { Registry } from '../support/registry.js';
import { Caller } from './caller.js';
import type { Clocks } from './clocks.js';
import { imageOf } from './content.js';
import { Outage } from './outage.js';
import { Puller } from './puller.js';
import { latencyLine, stepsLine } from './report.js';
import type { RepositoryLog } from './repository-log.js';
import { SoakClient } from './soak-client.js';

const CLIENTS = 6;
const PULLED_REPOSITORY = 'soak/pulled/app';
const PULLED_IMAGES = 10;
const PULLED_LAYER_BYTES = 100_000;

/** Clients at work on one registry whose collector is in a hurry, until they are told. */
export class Soak {
  readonly outage = new Outage();
  /** What contradicted a log, or was answered and may not be. */
  readonly faults: string[] = [];
  /** What happened around the clients, for the report. */
  readonly events: string[] = [];
  private readonly api: Api;
  private readonly caller: Caller;
  private readonly clients: SoakClient[];
  private readonly pulled: SoakClient;
  private puller: Puller | undefined;
  private paused = false;
  private isOver = false;
  private work: Promise<void>[] = [];

  constructor(
    registry: Registry,
    private readonly seed: string,
    clocks: Clocks,
  ) {
    this.api = new Api(registry);
    this.caller = new Caller(registry, this.outage, clocks);
    const repositories = Array.from({ length: CLIENTS }, (_, at) => `soak/client${at}/app`);
    const client = (repository: string) => {
      const own = `${seed} ${repository}`;
      return new SoakClient(repository, own, this.caller, new Random(own), repositories);
    };
    this.clients = repositories.map(client);
    this.pulled = client(PULLED_REPOSITORY);
  }

  async start(): Promise<void> {
    const tags = Array.from({ length: PULLED_IMAGES }, (_, at) => `p${at}`);
    for (const tag of tags) {
      const layer = makeBlob(PULLED_LAYER_BYTES, `${this.seed} ${tag}`);
      await this.pulled.pusher.push(imageOf(`${this.seed} ${tag}`, [layer]), tag);
    }
    const isOver = () => this.isOver || this.faults.length > 0;
    const random = new Random(`${this.seed} puller`);
    this.puller = new Puller(this.caller, random, PULLED_REPOSITORY, tags, () => this.paused);
    const workers = [...this.clients, this.puller];
    this.work = workers.map((worker) => worker.run(isOver).catch((error: unknown) => this.note(error)));
  }

  /** As an operator pauses collection, or resumes it. */
  async pause(paused: boolean): Promise<void> {
    const path = paused ? '/gc/pause?reason=soak' : '/gc/resume';
    await waitUntil(async () => (await this.api.send('POST', path)).status === 200, 60, path);
    this.paused = paused;
  }

  /** Resolves when requests are answered again; the services find each other some time after they are up. */
  async answers(): Promise<void> {
    for (const path of [`/v2/${PULLED_REPOSITORY}/tags/list`, '/api/v4/gc/status'])
      await waitUntil(() => this.caller.isServed(path), 60, `an answer to ${path}`);
  }

  /** Resolves when nobody works any more and each log was brought to certainty. */
  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.work);
    await this.everyone((client) => client.settle());
  }

  /** Pulls all that must be there. */
  async verify(): Promise<void> {
    await this.everyone((client) => client.verify());
  }

  async deleteAll(): Promise<void> {
    await this.everyone((client) => client.deleteAll());
  }

  get logs(): Map<string, RepositoryLog> {
    return new Map([...this.clients, this.pulled].map(({ repository, log }) => [repository, log]));
  }

  get answered(): number {
    return this.caller.answered;
  }

  report(): string[] {
    return [
      `${this.answered} requests; ${stepsLine(this.clients)}`,
      ...this.events,
      latencyLine('pulls while the collector worked', this.puller?.collecting ?? []),
      latencyLine('pulls while it was paused', this.puller?.paused ?? []),
    ];
  }

  close(): void {
    this.caller.close();
  }

  private async everyone(work: (client: SoakClient) => Promise<void>): Promise<void> {
    const all = [...this.clients, this.pulled];
    await Promise.all(all.map((client) => work(client).catch((error: unknown) => this.note(error))));
  }

  private note(error: unknown): void {
    this.faults.push(error instanceof Error ? error.message : String(error));
  }
}
