import { createPool, type DatabaseAddress } from '@lading/database';
import { PgEventFeed } from '@lading/events';
import { type HttpListener, IpNetworks, type Logger } from '@lading/platform';
import type { AuthPort, CollectorPort } from '@lading/rpc';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type RegistryPorts, uiApiModule } from './app.module.js';
import { ErrorFilter } from './http/error.filter.js';
import { createFastify } from './http/fastify.js';
import { migrateUi } from './migrate.js';
import type { Endpoint } from './notification/endpoint.js';
import { Notifications } from './notification/notifications.js';
import { OpenStreams } from './stream/open-streams.js';

/** Pages of the log, looks at its end, places of notifications; none takes longer than a page. */
const CONNECTIONS = 6;

/** What is written here is derived: a crash takes back places in the log, and what was sent after them comes again. */
const PARAMETERS = { synchronous_commit: 'off' };

export interface UiApiOptions {
  /** Where the event log is. */
  readonly database: DatabaseAddress;
  readonly auth: AuthPort;
  /** `metadata`. */
  readonly registry: RegistryPorts;
  /** `gc`. */
  readonly collector: CollectorPort;
  readonly logger: Logger;
  /** Addresses and networks whose headers tell the client's address (`LADING_TRUSTED_PROXIES`). */
  readonly trustedProxies: readonly string[];
  /** Receivers of notifications (`LADING_NOTIFICATIONS_FILE`). */
  readonly endpoints: readonly Endpoint[];
}

/** The service, initialised and not listening: a server of `createFront` stands in front of it. */
export interface UiApiApp {
  /** Serves `/api/v4`, `/livez`, `/readyz`. */
  readonly listener: HttpListener;
  /** Ends answers that have no end of their own, before requests in flight are waited for. */
  endStreams(): void;
  /** Closes the connections to the database. */
  close(): Promise<void>;
}

export async function createUiApiApp(options: UiApiOptions): Promise<UiApiApp> {
  const { database, logger, trustedProxies, ...given } = options;
  await migrateUi(database);
  const name = 'lading ui-api';
  const pool = createPool({ ...database, max: CONNECTIONS, applicationName: name, parameters: PARAMETERS });
  const streams = new OpenStreams(logger);
  const module = uiApiModule({ ...given, feed: new PgEventFeed(pool), streams, pool, logger });
  const fastify = createFastify({ logger, trustedProxies: new IpNetworks(trustedProxies) });
  const quiet = { bodyParser: false, logger: false, abortOnError: false } as const;
  const app = await NestFactory.create<NestFastifyApplication>(module, fastify, quiet);
  app.useGlobalFilters(new ErrorFilter(logger));
  await app.init();
  const instance = app.getHttpAdapter().getInstance();
  await instance.ready();
  const notifications = app.get(Notifications);
  await notifications.start();
  return {
    listener: (req, res) => instance.routing(req, res),
    endStreams: () => streams.endAll(),
    close: async () => {
      await notifications.stop();
      await app.close();
      await pool.end();
    },
  };
}
