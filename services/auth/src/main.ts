import {
  closeFront,
  createFront,
  createLogger,
  createShutdown,
  type HttpListener,
  IpNetworks,
  listenOn,
  metricsListener,
  processMetrics,
} from '@lading/platform';
import { AuthServiceService, ScopeServiceService } from '@lading/proto';
import { createGrpcClient, describeFailure, grpcServerOptions, quietGrpc, type ScopePort } from '@lading/rpc';
import { type AuthConfig, readConfig } from './config.js';
import { createAuthApp } from './create-auth-app.js';

async function main(config: AuthConfig): Promise<void> {
  const { auth, database, grpc, http, operation } = config;
  const logger = createLogger({ service: 'auth', level: operation.logLevel });
  const scopes = createGrpcClient<ScopePort>(ScopeServiceService, { address: grpc.metadataUrl });
  const { app, close } = await createAuthApp({
    database: { url: database.url.reveal() },
    keySecret: auth.keySecret,
    scopes,
    logger,
    admin: { username: auth.adminUser, password: auth.adminPassword },
    tokenTtlMs: auth.tokenTtl,
    refreshTokens: auth.refreshTokens,
    trustedProxies: http.trustedProxies,
  });
  app.connectMicroservice(
    grpcServerOptions(`${http.host.includes(':') ? `[${http.host}]` : http.host}:${grpc.port}`, [AuthServiceService]),
  );
  await app.startAllMicroservices();
  const fastify = app.getHttpAdapter().getInstance();
  const listener: HttpListener = (req, res) => fastify.routing(req, res);
  const access = { token: operation.metricsToken, trustedProxies: new IpNetworks(http.trustedProxies) };
  const server = createFront([
    { prefixes: ['/'], listener, smallBodies: true },
    { prefixes: ['/metrics'], listener: metricsListener([processMetrics(logger)], access), smallBodies: true },
  ]);
  const port = await listenOn(server, http.host, http.port);
  const shutdown = createShutdown({ logger, timeoutMs: operation.drainTimeout });
  shutdown.phase('requests', () => closeFront(server));
  shutdown.phase('application and database', close);
  shutdown.phase('metadata client', () => scopes.close());
  shutdown.listen();
  logger.info({ host: http.host, port }, 'auth is ready');
}

quietGrpc();
try {
  await main(readConfig(process.env));
} catch (error) {
  process.stderr.write(`auth cannot start: ${describeFailure(error)}\n`);
  process.exit(1);
}
