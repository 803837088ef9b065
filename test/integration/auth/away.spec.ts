import type { AuthApp } from '@lading/auth';
import { ScopeServiceService } from '@lading/proto';
import { createGrpcClient, quietGrpc, type ScopePort } from '@lading/rpc';
import { allowConnections } from '../contract/support/allow-connections.js';
import { freePort } from '../contract/support/metadata-server.js';
import { Registry } from '../metadata/support/registry.js';
import { ADMIN, adminBasic, createFixture, type Fixture } from './auth-fixture.js';

quietGrpc();

let fixture: Fixture;
let registry: Registry;
beforeAll(async () => {
  [fixture, registry] = await Promise.all([createFixture(), Registry.open()]);
});
afterAll(() => Promise.all([fixture?.end(), registry?.close()]));

type Request = Parameters<AuthApp['app']['inject']>[0];
const SCOPE = 'repository:acme/app:pull,push';
const byGet: Request = { url: `/token?scope=${SCOPE}`, headers: { authorization: adminBasic } };
const form = { grant_type: 'password', username: ADMIN.username, password: ADMIN.password.reveal(), scope: SCOPE };
const byPost: Request = {
  method: 'POST',
  url: '/token',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  payload: new URLSearchParams(form).toString(),
};
const TOKENS = [byGet, byPost];

const statuses = (auth: AuthApp, requests: Request[]) =>
  Promise.all(requests.map(async (request) => (await auth.app.inject(request)).statusCode));

/** That each is answered 503 with this wait in seconds, and tells nothing internal. */
async function expectAway(auth: AuthApp, requests: Request[], wait: number, message: string): Promise<void> {
  for (const request of requests) {
    const answer = await auth.app.inject(request);
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, String(wait)]);
    const detail = { requestId: expect.any(String) };
    expect(answer.json()).toEqual({ errors: [{ code: 'UNAVAILABLE', message, detail }] });
  }
}

it("ERR-05, ERR-06: a token while metadata's database is away is 503 with Retry-After, in one process, and 200 after", async () => {
  const auth = await fixture.start({ scopes: registry.scopes });
  expect(await statuses(auth, TOKENS)).toEqual([200, 200]);
  await allowConnections(registry.database, false);
  await expectAway(auth, TOKENS, 5, 'the database is not available');
  await allowConnections(registry.database, true);
  expect(await statuses(auth, TOKENS)).toEqual([200, 200]);
});

it('ERR-05, ERR-06: a token while metadata cannot be reached over gRPC is 503 with Retry-After', async () => {
  const scopes = createGrpcClient<ScopePort>(ScopeServiceService, { address: `127.0.0.1:${await freePort()}` });
  const auth = await fixture.start({ scopes });
  await expectAway(auth, TOKENS, 60, expect.any(String));
  scopes.close();
});

it('ERR-05, ERR-06: tokens and keys while the own database is away are 503 with Retry-After, and 200 after', async () => {
  const auth = await fixture.start();
  const requests = [...TOKENS, { url: '/jwks' }];
  await allowConnections(fixture.database, false);
  await expectAway(auth, requests, 5, 'the database is not available');
  await allowConnections(fixture.database, true);
  expect(await statuses(auth, requests)).toEqual([200, 200, 200]);
});
