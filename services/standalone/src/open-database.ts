import { type DatabaseAddress, EmbeddedPostgres } from '@lading/database';
import type { Logger } from '@lading/platform';
import type { StandaloneConfig } from './config.js';

/** A database, and how to end what was started for it. */
export interface OpenDatabase {
  readonly address: DatabaseAddress;
  close(): Promise<void>;
}

/** The PostgreSQL of the setting, else one of our own in the data directory. @param onExit told when ours ends by itself */
export async function openDatabase(
  config: StandaloneConfig,
  logger: Logger,
  onExit: (reason: string) => void,
): Promise<OpenDatabase> {
  const { url } = config.database;
  if (url) return { address: { url: url.reveal() }, close: async () => undefined };
  const log = (line: string) => logger.info(line);
  const server = await EmbeddedPostgres.start({ dataDir: config.data.dir, log, onExit });
  return { address: { url: server.url() }, close: () => server.stop() };
}
