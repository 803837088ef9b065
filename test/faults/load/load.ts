import { Random } from '../../support/random.js';
import type { Registry } from '../../support/registry.js';
import { Http } from '../http.js';
import type { Ledger } from './ledger.js';
import { LoadClient, UnexpectedAnswer } from './load-client.js';
import type { Upload } from './upload.js';

const CLIENTS = 8;

/** Repositories of the clients; each has a second one beside it, for copies. */
export const repositories = Array.from({ length: CLIENTS }, (_, at) => `load/client${at}/app`);

/** Clients at work on one registry, until they are told or it dies. */
export class Load {
  private readonly http: Http;
  private readonly clients: LoadClient[];
  private readonly work: Promise<void>[];
  private over = false;
  /** Answers that the protocol does not provide for. */
  readonly faults: string[] = [];

  constructor(registry: Registry, ledger: Ledger, seed: string) {
    this.http = new Http(registry);
    const isOver = () => this.over;
    const client = (repository: string, at: number) => {
      const random = new Random(`${seed} ${at}`);
      return new LoadClient(repository, `${seed} ${at}`, { http: this.http, ledger, random, repositories });
    };
    this.clients = [...repositories, 'load/slow/app'].map(client);
    const slow = this.clients.at(-1)!;
    this.work = this.clients.map((each) => this.watch(each === slow ? each.drip(isOver) : each.run(isOver)));
  }

  /** Requests that were answered as they should be. */
  get answered(): number {
    return this.clients.reduce((sum, { answered }) => sum + answered, 0);
  }

  /** Uploads that are open, whether by the crash or because a client left them. */
  get uploads(): Upload[] {
    return this.clients.flatMap(({ uploads }) => [...uploads]);
  }

  /** Resolves when no client works any more. Call it before the kill, so that broken connections count as the end. */
  async end(): Promise<void> {
    this.over = true;
    await Promise.all(this.work);
    this.http.close();
  }

  /** A broken connection or a 503 is what a kill looks like; before it is told that the end comes, each is a fault. */
  private async watch(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      const isExpected = this.over && (!(error instanceof UnexpectedAnswer) || error.status === 503);
      if (!isExpected) this.faults.push(String(error));
    }
  }
}
