import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { isApiPath } from './is-api-path.js';
import { isAuthPath } from './is-auth-path.js';
import { root } from './paths.js';
import { type Postgres, startPostgres } from './postgres.js';
import { startProxy } from './proxy.js';
import type { Registry } from './running-registry.js';
import { removeScratch, scratch } from './scratch.js';
import { serverEnv } from './server-env.js';
import { ServerProcess } from './server-process.js';
import type { Front } from './switch.js';

/** A service and the ports it listens on. */
interface Service {
  process: ServerProcess;
  ports: number[];
}

/** Services that run alone. */
export interface Services extends Registry {
  /** Starts one of them again, ending it first if it still runs; the others run on. */
  restartOne(name: string): Promise<void>;
  /** What one of them printed since it was last started. */
  logOf(name: string): string;
}

/**
 * Starts each service as a process of its own, on one PostgreSQL and one data directory, calling each other over gRPC
 * (`LADING_GRPC_PORT`); `distribution`, `auth` and `ui-api` speak HTTP (`LADING_PORT`). A front makes them one address,
 * because clients ask the token endpoint of the host they push to.
 *
 * @param startFront from the route of a path to the front; a proxy, which routes each request, unless said otherwise
 * @param collectors how many processes of `gc`; calls reach the first
 */
export async function startServices(
  env: Record<string, string>,
  startFront: (route: (path: string) => string) => Promise<Front> = startProxy,
  collectors = 1,
): Promise<Services> {
  const dir = scratch();
  const postgres = await startPostgres();
  const ports = await Promise.all([1, 2, 3, 4, 5, 6].map(() => freePort()));
  const [metadataGrpc, authGrpc, authHttp, distributionHttp, apiHttp, gcGrpc] = ports as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const password = randomBytes(12).toString('hex');
  const settings = {
    LADING_DATA_DIR: join(dir, 'data'),
    LADING_HOST: '127.0.0.1',
    LADING_PORT: '0', // A port of its own for each, but where a caller has to know it.
    LADING_ADMIN_PASSWORD: password,
    LADING_KEY_SECRET: randomBytes(32).toString('hex'),
    LADING_DATABASE_URL: postgres.url,
    LADING_METADATA_URL: `127.0.0.1:${metadataGrpc}`,
    LADING_AUTH_URL: `127.0.0.1:${authGrpc}`,
    LADING_GC_URL: `127.0.0.1:${gcGrpc}`,
    ...env,
  };
  const services = [
    service('metadata', { ...settings, LADING_GRPC_PORT: `${metadataGrpc}` }, [metadataGrpc]),
    service('auth', { ...settings, LADING_GRPC_PORT: `${authGrpc}`, LADING_PORT: `${authHttp}` }, [authGrpc, authHttp]),
    service('distribution', { ...settings, LADING_PORT: `${distributionHttp}` }, [distributionHttp]),
    service('ui-api', { ...settings, LADING_PORT: `${apiHttp}` }, [apiHttp]),
    service('gc', { ...settings, LADING_GRPC_PORT: `${gcGrpc}` }, [gcGrpc]),
  ];
  for (let n = 1; n < collectors; n++) {
    const port = await freePort();
    services.push(service('gc', { ...settings, LADING_GRPC_PORT: `${port}` }, [port]));
  }
  const portOf = (path: string) => (isAuthPath(path) ? authHttp : isApiPath(path) ? apiHttp : distributionHttp);
  const front = await startFront((path) => `http://127.0.0.1:${portOf(path)}`);
  const surroundings = async () => {
    await front.close();
    await postgres.stop();
    removeScratch(dir);
  };
  await startAll(services).catch(async (error: unknown) => {
    await surroundings();
    throw error;
  });
  const user = env.LADING_ADMIN_USER ?? 'admin';
  return asRegistry(services, front, { user, password, dataDir: settings.LADING_DATA_DIR }, postgres, surroundings);
}

function service(name: string, env: Record<string, string>, ports: number[]): Service {
  const main = join(root, 'services', name, 'dist/main.js');
  return { process: new ServerProcess(name, [process.execPath, main], serverEnv(env)), ports };
}

function asRegistry(
  services: Service[],
  front: Front,
  known: Pick<Registry, 'user' | 'password' | 'dataDir'>,
  postgres: Postgres,
  removeSurroundings: () => Promise<void>,
): Services {
  const serviceOf = (name: string) => services.find(({ process }) => process.name === name)!;
  return {
    ...known,
    url: front.url,
    host: front.host,
    get databaseDir() {
      return postgres.dataDir;
    },
    get pids() {
      const isFirst = ({ process }: Service) => process.name === 'distribution';
      return [...services].sort((a, b) => +isFirst(b) - +isFirst(a)).map(({ process }) => process.pid);
    },
    async stop() {
      await stopAll(services);
      await removeSurroundings();
    },
    kill9: () => killAll(services),
    async restart() {
      await stopAll(services);
      await startAll(services);
    },
    logOf: (name) => serviceOf(name).process.log,
    async restartOne(name) {
      const service = serviceOf(name);
      await service.process.stop();
      await startOne(service);
    },
  };
}

/** One after the other, callers after those they call. Where one does not come up, none is left running. */
async function startAll(services: Service[]): Promise<void> {
  for (const service of services)
    await startOne(service).catch(async (error: unknown) => {
      await killAll(services);
      throw error;
    });
}

async function startOne({ process, ports }: Service): Promise<void> {
  await process.start(async () => {
    const answers = await Promise.all(ports.map(listens));
    return answers.every(Boolean) || undefined;
  });
}

async function stopAll(services: Service[]): Promise<void> {
  for (const { process } of [...services].reverse()) await process.stop();
}

async function killAll(services: Service[]): Promise<void> {
  await Promise.all(services.map(({ process }) => process.kill9()));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
