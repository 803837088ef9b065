import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { lockDataDir } from '@lading/database';
import {
  closeFront,
  createLogger,
  createShutdown,
  type Logger,
  listenOn,
  type Secret,
  type Shutdown,
} from '@lading/platform';
import { describeFailure } from '@lading/rpc';
import { type Banner, bannerLines } from './banner.js';
import { readConfig, type StandaloneConfig } from './config.js';
import { keySecretOf, writePrivately } from './key-secret.js';
import { openDatabase } from './open-database.js';
import { startServices } from './start-services.js';

/** Keeps a generated password where its user finds it: on the terminal, once, else in a file of the data directory. */
class PasswordKeeper {
  kept: Banner['password'];
  private readonly file: string;

  constructor(dataDir: string) {
    this.file = join(dataDir, 'admin-password');
    this.kept = existsSync(this.file) ? { file: this.file } : 'known';
  }

  keep = async (_username: string, password: Secret): Promise<void> => {
    if (process.stdout.isTTY) {
      this.kept = { shown: password.reveal() };
      return;
    }
    writePrivately(this.file, password.reveal());
    this.kept = { file: this.file };
  };
}

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
  const database = await openDatabase(config, logger, (reason) => {
    logger.fatal(reason);
    process.exitCode = 1;
    void shutdown.run('the database ended').then(() => process.exit(1));
  });
  const passwords = new PasswordKeeper(config.data.dir);
  const started = [() => database.close()];
  try {
    const keySecret = keySecretOf(config.data.dir, config.auth.keySecret);
    const parts = { config, address: database.address, keySecret, keepPassword: passwords.keep };
    const { server, auth, ends } = await startServices(parts);
    started.unshift(...ends.map(({ run }) => run));
    const port = await listenOn(server, config.http.host, config.http.port);
    shutdown.phase('requests', () => closeFront(server));
    for (const { name, run } of ends) shutdown.phase(name, run);
    shutdown.phase('database', () => database.close());
    shutdown.phase('lock', () => lock.release());
    const password = config.auth.adminPassword ? 'configured' : passwords.kept;
    const banner = { url: urlOf(config, port), admin: auth.admin.username, password };
    process.stdout.write(`${bannerLines(banner).join('\n')}\n`);
  } catch (error) {
    for (const end of started) await end().catch(() => undefined);
    throw error;
  }
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
