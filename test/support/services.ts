import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { root } from './paths.js';
import { startPostgres } from './postgres.js';
import { startProxy } from './proxy.js';
import type { Registry } from './registry.js';
import { scratch } from './scratch.js';
import { serverEnv } from './server-env.js';
import { ServerProcess } from './server-process.js';

/** What a service listens on: `LADING_GRPC_PORT` for other services, `LADING_PORT` for HTTP. */
interface Service {
  process: ServerProcess;
  ports: number[];
}

/**
 * Starts each service as a process of its own, on one PostgreSQL and one data directory, calling each other over gRPC.
 * A proxy in front makes them one address, because clients ask the token endpoint of the host they push to.
 */
export async function startServices(env: Record<string, string>): Promise<Registry> {
  const dir = scratch();
  const postgres = await startPostgres();
  const [metadataGrpc, authGrpc, authHttp, distributionHttp] = await Promise.all([1, 2, 3, 4].map(freePort));
  const password = randomBytes(12).toString('hex');
  const settings = {
    LADING_DATA_DIR: join(dir, 'data'),
    LADING_HOST: '127.0.0.1',
    LADING_ADMIN_PASSWORD: password,
    LADING_DATABASE_URL: postgres.url,
    LADING_METADATA_URL: `127.0.0.1:${metadataGrpc}`,
    LADING_AUTH_URL: `127.0.0.1:${authGrpc}`,
    ...env,
  };
  const services = [
    service('metadata', { ...settings, LADING_GRPC_PORT: `${metadataGrpc}` }, [metadataGrpc!]),
    service('auth', { ...settings, LADING_GRPC_PORT: `${authGrpc}`, LADING_PORT: `${authHttp}` }, [authGrpc!, authHttp!]),
    service('distribution', { ...settings, LADING_PORT: `${distributionHttp}` }, [distributionHttp!]),
    service('gc', settings, []),
  ];
  const front = await startProxy((path) => `http://127.0.0.1:${/^\/(token|jwks)\b/.test(path) ? authHttp : distributionHttp}`);
  const stopAll = async () => {
    for (const { process } of [...services].reverse()) await process.stop();
  };
  try {
    for (const each of services) await startService(each);
  } catch (error) {
    await Promise.all(services.map(({ process }) => process.kill9()));
    await front.close();
    await postgres.stop();
    throw error;
  }
  return {
    url: front.url,
    host: front.host,
    user: env.LADING_ADMIN_USER ?? 'admin',
    password,
    dataDir: settings.LADING_DATA_DIR,
    get pid() {
      return services[2]!.process.pid;
    },
    async stop() {
      await stopAll();
      await front.close();
      await postgres.stop();
      rmSync(dir, { recursive: true, force: true });
    },
    async kill9() {
      await Promise.all(services.map(({ process }) => process.kill9()));
    },
    async restart() {
      await stopAll();
      for (const each of services) await startService(each);
    },
  };
}

function service(name: string, env: Record<string, string>, ports: number[]): Service {
  const main = join(root, 'services', name, 'dist/main.js');
  return { process: new ServerProcess(name, [process.execPath, main], serverEnv(env)), ports };
}

/** A service is ready when it listens; one without a port when it has run for half a second. */
async function startService({ process, ports }: Service): Promise<void> {
  const begun = Date.now();
  await process.start(async () => {
    if (ports.length === 0) return Date.now() - begun > 500 ? true : undefined;
    const answers = await Promise.all(ports.map(listens));
    return answers.every(Boolean) ? true : undefined;
  });
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
