import type { AuthAppOptions, EnsuredAdmin } from '@lading/auth';
import { openBlobStore } from '@lading/blob-store';
import { lockDataDir } from '@lading/database';
import {
  closeFront,
  createLogger,
  createShutdown,
  type Logger,
  listenOn,
  type Shutdown,
  s3OptionsOf,
} from '@lading/platform';
import { describeFailure } from '@lading/rpc';
import { AdminPasswordFile } from './admin-password-file.js';
import { type Banner, bannerLines } from './banner.js';
import { readConfig, type StandaloneConfig } from './config.js';
import { keySecretOf } from './key-secret.js';
import { openDatabase } from './open-database.js';
import { startServices } from './start-services.js';

async function main(config: StandaloneConfig): Promise<void> {
  const logger = createLogger({ service: 'lading', level: config.operation.logLevel });
  const shutdown = createShutdown({ logger, timeoutMs: config.operation.drainTimeout });
  const starting = start(config, logger, shutdown);
  // A stop that is asked for during the start waits for its end: only then is it known what there is to stop.
  shutdown.phase('start', () => starting.catch(() => undefined));
  shutdown.listen();
  await starting;
}

async function start(config: StandaloneConfig, logger: Logger, shutdown: Shutdown): Promise<void> {
  const lock = await lockDataDir(config.data.dir);
  const store = await openBlobStore(config.data.dir, s3OptionsOf(config.blobs));
  const database = await openDatabase(config, logger, (reason) => {
    logger.fatal(reason);
    process.exitCode = 1;
    void shutdown.run('the database ended').then(() => process.exit(1));
  });
  const started = [() => database.close()];
  try {
    const keySecret = keySecretOf(config.data.dir, config.auth.keySecret);
    const passwordFile = new AdminPasswordFile(config.data.dir);
    const admin = adminOf(config, passwordFile);
    const services = await startServices({ config, store, address: database.address, keySecret, admin });
    const { server, auth, endStreams, ends } = services;
    started.unshift(...ends.map(({ run }) => run));
    const port = await listenOn(server, config.http.host, config.http.port);
    shutdown.phase('streams', endStreams);
    shutdown.phase('requests', () => closeFront(server));
    for (const { name, run } of ends) shutdown.phase(name, run);
    shutdown.phase('database', () => database.close());
    shutdown.phase('lock', () => lock.release());
    welcome(config, port, auth.admin, passwordFile);
  } catch (error) {
    for (const end of started) await end().catch(() => undefined);
    throw error;
  }
}

function adminOf({ auth }: StandaloneConfig, file: AdminPasswordFile): AuthAppOptions['admin'] {
  return {
    username: auth.adminUser,
    password: auth.adminPassword,
    keptPassword: file.read(),
    keepPassword: async (_username, password) => file.write(password),
  };
}

/** Prints the banner. The file of the generated password goes only once a terminal has what is in it. */
function welcome(config: StandaloneConfig, port: number, admin: EnsuredAdmin, file: AdminPasswordFile): void {
  const password = wordOf(admin, config, file);
  const text = bannerLines({ url: urlOf(config, port), admin: admin.username, password }).join('\n');
  const isShown = typeof password === 'object' && 'shown' in password;
  process.stdout.write(`${text}\n`, (error) => {
    if (isShown && !error) file.remove();
  });
}

function wordOf(admin: EnsuredAdmin, { auth }: StandaloneConfig, file: AdminPasswordFile): Banner['password'] {
  if (admin.password === 'given') return 'configured';
  if (admin.password === 'another') return auth.adminPassword ? 'not configured' : 'known';
  const kept = process.stdout.isTTY ? file.read() : undefined;
  return kept ? { shown: kept.reveal() } : { file: file.path };
}

function urlOf({ http }: StandaloneConfig, port: number): string {
  if (http.publicUrl) return http.publicUrl;
  return `http://${http.host.includes(':') ? `[${http.host}]` : http.host}:${port}`;
}

try {
  await main(readConfig(process.env));
} catch (error) {
  process.stderr.write(`Lading cannot start: ${describeFailure(error)}\n`);
  process.exit(1);
}
