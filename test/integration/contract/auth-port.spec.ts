import { type AuthApp, createAuthApp } from '@lading/auth';
import { createLogger, Secret } from '@lading/platform';
import { AuthServiceService } from '@lading/proto';
import { type AuthPort, createGrpcClient, type GrpcClient, grpcServerOptions } from '@lading/rpc';
import { authPortContract, type KnownAccount } from '@lading/rpc/contract';
import type { TestDatabase } from '@lading/testing';
import { type LosingProxy, startLosingProxy } from './support/losing-proxy.js';
import {
  createRegistryDatabase,
  freePort,
  metadataInProcess,
  type RunningMetadata,
} from './support/metadata-server.js';

const ACCOUNT: KnownAccount = { username: 'admin', password: 'a password for this spec', principal: 'account:1' };

let database: TestDatabase;
let metadata: RunningMetadata;
let auth: AuthApp;
let plain: GrpcClient<AuthPort>;
let losing: GrpcClient<AuthPort>;
let proxy: LosingProxy;

beforeAll(async () => {
  database = await createRegistryDatabase();
  metadata = await metadataInProcess(database.url);
  auth = await createAuthApp({
    database: { url: database.url },
    keySecret: new Secret('an installation secret of 32 chars and more'),
    scopes: metadata.ports.scopes,
    logger: createLogger({ service: 'auth', level: 'error' }),
    admin: { username: ACCOUNT.username, password: new Secret(ACCOUNT.password) },
    tokenTtlMs: 600_000,
  });
  const address = `127.0.0.1:${await freePort()}`;
  auth.app.connectMicroservice(grpcServerOptions(address, [AuthServiceService]));
  await auth.app.startAllMicroservices();
  proxy = await startLosingProxy(address, [AuthServiceService]);
  plain = createGrpcClient<AuthPort>(AuthServiceService, { address });
  losing = createGrpcClient<AuthPort>(AuthServiceService, { address: proxy.address });
});
afterAll(async () => {
  plain?.close();
  losing?.close();
  proxy?.close();
  await auth?.close();
  await metadata?.close();
  await database?.drop();
});

describe('in the process', () => authPortContract(() => auth.authPort, ACCOUNT));
describe('over gRPC', () => authPortContract(() => plain, ACCOUNT));
describe('over gRPC that loses the first answer of every call', () => {
  authPortContract(() => losing, ACCOUNT);
  it('has lost answers', () => expect(proxy.lost()).toBeGreaterThan(5));
});
