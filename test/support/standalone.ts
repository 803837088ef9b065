import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePort } from './free-port.js';
import { root } from './paths.js';
import type { Registry } from './running-registry.js';
import { removeScratch, scratch } from './scratch.js';
import { serverEnv } from './server-env.js';
import { ServerProcess } from './server-process.js';

const READY = /^Lading is ready at (\S+)/m;

/** Starts every service in one process. `LADING_TEST_COMMAND` (words between spaces) replaces the built server. */
export async function startStandalone(env: Record<string, string>): Promise<Registry> {
  const command = process.env.LADING_TEST_COMMAND?.split(' ') ?? [
    process.execPath,
    join(root, 'services/standalone/dist/main.js'),
  ];
  const dir = scratch();
  const dataDir = join(dir, 'data');
  const password = randomBytes(12).toString('hex');
  const settings = { LADING_DATA_DIR: dataDir, LADING_HOST: '127.0.0.1', LADING_ADMIN_PASSWORD: password, ...env };
  // With a public URL the ready line names that, and not the port that was taken.
  const first = env.LADING_PUBLIC_URL ? `${await freePort()}` : '0';
  const start = async (port: string): Promise<[ServerProcess, string]> => {
    const server = new ServerProcess('standalone', command, serverEnv({ LADING_PORT: port, ...settings }));
    const [, url] = await server.start((log) => READY.exec(log) ?? undefined);
    return [server, env.LADING_PUBLIC_URL ? `http://${settings.LADING_HOST}:${port}` : url!];
  };
  const removeData = () => removeScratch(dir);
  let [server, url] = await start(first).catch((error: unknown) => {
    removeData();
    throw error;
  });
  return {
    url,
    host: new URL(url).host,
    user: env.LADING_ADMIN_USER ?? 'admin',
    password,
    dataDir,
    databaseDir: join(dataDir, 'postgres'),
    get pids() {
      return [server.pid];
    },
    async stop() {
      await server.stop();
      removeData();
    },
    kill9: () => server.kill9(),
    async restart() {
      await server.stop();
      [server] = await start(new URL(url).port);
    },
  };
}
