import { Unavailable } from '@lading/oci';
import { quietGrpc } from '@lading/rpc';
import { expectRefusal, scopeOf, sessionOf } from '@lading/rpc/contract';
import type { TestDatabase } from '@lading/testing';
import { allowConnections } from './support/allow-connections.js';
import { startLosingProxy } from './support/losing-proxy.js';
import {
  connectMetadata,
  createRegistryDatabase,
  DEFINITIONS,
  freePort,
  type RunningMetadata,
  serveMetadata,
} from './support/metadata-server.js';

quietGrpc();

const ask = ({ ports }: RunningMetadata) => ports.scopes.resolveScopes({ names: ['away/app'] });

let database: TestDatabase;
let server: { address: string; close(): Promise<void> };

beforeAll(async () => {
  database = await createRegistryDatabase();
  server = await serveMetadata(database.url);
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

it('a server that is not there is 503 after a few attempts', async () => {
  const client = connectMetadata({ address: `127.0.0.1:${await freePort()}`, attempts: 3 });
  const begun = performance.now();
  await expectRefusal(ask(client), new Unavailable());
  expect(performance.now() - begun).toBeLessThan(5_000);
  await client.close();
});

it('a server that comes back is reached by the same client', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const client = connectMetadata({ address });
  await expectRefusal(ask(client), new Unavailable());
  const late = await serveMetadata(database.url, address);
  expect((await ask(client)).scopes).toHaveLength(1);
  await client.close();
  await late.close();
});

it('an answer that never comes is asked for again at the deadline, and the work is done once', async () => {
  const proxy = await startLosingProxy(server.address, DEFINITIONS, { silent: true });
  const client = connectMetadata({ address: proxy.address, deadlineMs: 2_000, attempts: 2 });
  const scope = await scopeOf(client.ports, 'silent/app');
  const { upload } = await client.ports.uploads.beginUpload({ scope, ...sessionOf('silent') });
  expect(upload).toMatchObject({ offset: 0, epoch: 0 });
  expect(proxy.lost()).toBe(2);
  await client.close();
  proxy.close();
});

it('a server whose database takes no connections is 503, and 200 once it does again', async () => {
  const client = connectMetadata({ address: server.address });
  await ask(client);
  await allowConnections(database, false);
  await expectRefusal(
    ask(client),
    new Unavailable('the database is not available', { data: { retryAfterSeconds: 5 } }),
  );
  await allowConnections(database, true);
  expect((await ask(client)).scopes).toHaveLength(1);
  await client.close();
});
