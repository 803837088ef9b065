import { OciError, Unavailable } from '@lading/oci';
import { databaseAwayOr } from '@lading/rpc';
import type { SimulatedProcess } from './process.js';
import type { Random } from './random.js';
import type { Scheduler } from './scheduler.js';

/** How a call fares on its way. */
type Fate = 'arrives' | 'is lost' | 'loses its answer' | 'arrives twice';

/** As `createGrpcClient` sends a call. */
const ATTEMPTS = 4;

/** What stands between services. */
export class Network {
  /** Copies of calls that arrive when nobody waits for them any more. */
  readonly late: SimulatedProcess;
  /** Calls in so many of which one does not simply arrive; 0 for none. */
  faults = 0;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly random: Random,
    late: SimulatedProcess,
  ) {
    this.late = late;
  }

  /**
   * A port of another process. A call that is lost, or whose answer is, is sent again with the same ids, as
   * `createGrpcClient` does; what the service refuses is thrown as it was.
   *
   * @param server who serves now, and what it serves.
   */
  remote<Port extends object>(from: SimulatedProcess, server: () => { process: SimulatedProcess; port: Port }): Port {
    return new Proxy({} as Port, {
      get: (_, method: string) => (request: unknown) => this.call(from, server, method, request),
    });
  }

  private async call<Port extends object>(
    from: SimulatedProcess,
    server: () => { process: SimulatedProcess; port: Port },
    method: string,
    request: unknown,
  ): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.attempt(from, server, method, request);
      } catch (error) {
        if (error instanceof OciError && !(error instanceof Unavailable)) throw error;
        const away = databaseAwayOr(error);
        if (attempt >= ATTEMPTS || !(away instanceof Unavailable)) throw away;
      }
    }
  }

  private async attempt<Port extends object>(
    from: SimulatedProcess,
    server: () => { process: SimulatedProcess; port: Port },
    method: string,
    request: unknown,
  ): Promise<unknown> {
    await this.scheduler.turn(from, `call ${method}`);
    const fate = this.fate();
    if (fate === 'is lost') throw new Unavailable('the call was lost');
    const { process, port } = server();
    const work = (port as Record<string, (request: unknown) => Promise<unknown>>)[method]?.bind(port);
    if (!work) throw new Error(`no method ${method}`);
    if (fate === 'arrives twice')
      void this.scheduler
        .turn(this.late, `late ${method}`)
        .then(() => work(request))
        .catch(() => {});
    const answer = await whileAlive(process, () => work(request));
    if (fate === 'loses its answer') throw new Unavailable('the answer was lost');
    return answer;
  }

  private fate(): Fate {
    if (this.faults === 0 || !this.random.once(this.faults)) return 'arrives';
    return this.random.pick(['is lost', 'loses its answer', 'arrives twice']);
  }
}

/** The caller of a process that ends hears so. */
function whileAlive<T>(process: SimulatedProcess, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    process.atEnd(() => reject(new Unavailable('the service is gone')));
    work().then(resolve, reject);
  });
}
