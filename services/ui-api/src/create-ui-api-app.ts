import { createPool, type DatabaseAddress } from '@lading/database';
import { PgEventFeed } from '@lading/events';
import { type HttpListener, IpNetworks, type Logger } from '@lading/platform';
import type { AuthPort, CollectorPort } from '@lading/rpc';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type RegistryPorts, uiApiModule } from './app.module.js';
import { ErrorFilter } from './http/error.filter.js';
import { createFastify } from './http/fastify.js';
import { OpenStreams } from './stream/open-streams.js';

/** Pages of the log and looks at its end; none takes longer than a page. */
const CONNECTIONS = 4;

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
  const { database, auth, registry, collector, logger, trustedProxies } = options;
  const pool = createPool({ ...database, max: CONNECTIONS, applicationName: 'lading ui-api' });
  const streams = new OpenStreams(logger);
  const module = uiApiModule({ feed: new PgEventFeed(pool), auth, registry, collector, streams });
  const fastify = createFastify({ logger, trustedProxies: new IpNetworks(trustedProxies) });
  const quiet = { bodyParser: false, logger: false, abortOnError: false } as const;
  const app = await NestFactory.create<NestFastifyApplication>(module, fastify, quiet);
  app.useGlobalFilters(new ErrorFilter(logger));
  await app.init();
  const instance = app.getHttpAdapter().getInstance();
  await instance.ready();
  return {
    listener: (req, res) => instance.routing(req, res),
    endStreams: () => streams.endAll(),
    close: async () => {
      await app.close();
      await pool.end();
    },
  };
}
