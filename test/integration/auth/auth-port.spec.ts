import { createServer } from 'node:net';
import type { AuthApp } from '@lading/auth';
import { AuthServiceService } from '@lading/proto';
import { type AuthPort, createGrpcClient, type GrpcClient, grpcServerOptions } from '@lading/rpc';
import { Client } from 'pg';
import { ADMIN, createFixture, type Fixture } from './auth-fixture.js';

let fixture: Fixture;
let auth: AuthApp;
let client: GrpcClient<AuthPort>;

beforeAll(async () => {
  fixture = await createFixture();
  auth = await fixture.start();
  const address = `127.0.0.1:${await freePort()}`;
  auth.app.connectMicroservice(grpcServerOptions(address, [AuthServiceService]));
  await auth.app.startAllMicroservices();
  client = createGrpcClient<AuthPort>(AuthServiceService, { address });
});
afterAll(async () => {
  client.close();
  await fixture.end();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const credentials = { username: ADMIN.username, password: ADMIN.password.reveal(), address: '127.0.0.1' };
const pull = (name: string) => ({ type: 'repository', name, actions: ['pull'] });
const many = Array.from({ length: 101 }, (_, index) => `acme/app${index}`);

describe.each<[string, () => AuthPort]>([
  ['in the process', () => auth.authPort],
  ['over gRPC', () => client],
])('the port %s', (_, port) => {
  it('gives the keys and the issuer', async () => {
    const { jwks, issuer } = await port().getKeys({});
    expect(JSON.parse(jwks).keys).toHaveLength(1);
    expect(issuer).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('gives grants for a name and a password', async () => {
    const scopes = [pull('acme/app/x'), pull('BAD'), { type: 'registry', name: 'catalog', actions: ['*'] }];
    expect(await port().authorizeBasic({ ...credentials, scopes })).toMatchObject({
      authenticated: true,
      principal: 'account:1',
      credential: 'account:1',
      grants: [
        { name: 'acme/app/x', actions: ['pull'], projectId: 7, projectLevel: 2, mayPush: true },
        { name: 'BAD', actions: [], projectLevel: 0, mayPush: false },
        { name: 'catalog', actions: ['*'] },
      ],
    });
  });

  it('says that a password is wrong, and gives nothing', async () => {
    const answer = await port().authorizeBasic({ ...credentials, password: 'wrong', scopes: [pull('acme/app')] });
    expect(answer).toEqual({ authenticated: false, principal: '', credential: '', grants: [] });
  });

  it('lists what a principal may pull, in the order asked', async () => {
    const request = { principal: 'account:1', credential: 'account:1', names: ['new/one', 'Bad', 'acme/app'] };
    const { grants } = await port().authorizePull(request);
    expect(grants.map(({ name, actions }) => [name, actions])).toEqual([
      ['new/one', ['pull']],
      ['acme/app', ['pull']],
    ]);
  });

  it.each([
    ['anonymous', '', ''],
    ['an account that is not there', 'account:999', 'account:999'],
    ['a credential that is not the account', 'account:1', 'token:1'],
  ])('lists nothing for %s', async (_name, principal, credential) => {
    expect(await port().authorizePull({ principal, credential, names: ['acme/app'] })).toEqual({ grants: [] });
  });

  it('refuses more than 100 names or scopes', async () => {
    const refused = { kind: 'denied' };
    const principal = { principal: 'account:1', credential: 'account:1' };
    await expect(port().authorizePull({ ...principal, names: many })).rejects.toMatchObject(refused);
    await expect(port().authorizeBasic({ ...credentials, scopes: many.map(pull) })).rejects.toMatchObject(refused);
  });
});

it('lists nothing for an account that was blocked meanwhile, and lets it in no more', async () => {
  const database = new Client({ connectionString: fixture.database.url });
  await database.connect();
  await database.query('UPDATE auth.account SET blocked_at = now()');
  await database.end();
  const request = { principal: 'account:1', credential: 'account:1', names: ['acme/app'] };
  expect(await client.authorizePull(request)).toEqual({ grants: [] });
  expect((await client.authorizeBasic({ ...credentials, scopes: [] })).authenticated).toBe(false);
});
