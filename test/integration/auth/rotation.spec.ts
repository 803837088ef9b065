import { AccessTokenVerifier } from '@lading/access-token';
import { KeySealer, openAuthDatabase, RotationTooSoon, rotateSigningKey } from '@lading/auth';
import { createFixture, type Fixture, KEY_SECRET } from './auth-fixture.js';

let fixture: Fixture;
let dataSource: Awaited<ReturnType<typeof openAuthDatabase>>;
const sealer = new KeySealer(KEY_SECRET);

beforeEach(async () => {
  fixture = await createFixture();
  dataSource = await openAuthDatabase({ url: fixture.database.url });
});
afterEach(async () => {
  await dataSource.destroy();
  await fixture.end();
});

/** A replica that has read no keys yet. */
async function newReplica() {
  const { app, authPort } = await fixture.start();
  const token = async () => (await app.inject({ url: '/token' })).json().token as string;
  const kids = async () => JSON.parse((await authPort.getKeys({})).jwks).keys.map(({ kid }: { kid: string }) => kid);
  return { authPort, token, kids };
}

const age = (seconds: number) =>
  dataSource.query(`UPDATE auth.signing_key SET created_at = created_at - make_interval(secs => $1)`, [seconds]);
const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;

it('publishes a new key first, signs with it a minute later, and old tokens hold', async () => {
  const before = await newReplica();
  const oldToken = await before.token();
  const newKid = await rotateSigningKey(dataSource, sealer);
  const during = await newReplica();
  expect(await during.kids()).toEqual([kidOf(oldToken), newKid]);
  expect(kidOf(await during.token())).toBe(kidOf(oldToken));
  await age(60);
  const after = await newReplica();
  const newToken = await after.token();
  expect(kidOf(newToken)).toBe(newKid);
  const verifier = new AccessTokenVerifier({ getKeys: () => after.authPort.getKeys({}) });
  for (const token of [oldToken, newToken]) await expect(verifier.verify(token)).resolves.toBeDefined();
});

it('tells a verifier that holds older keys of the new one', async () => {
  const { token, authPort } = await newReplica();
  let port = authPort;
  let now = Date.now();
  const verifier = new AccessTokenVerifier({ getKeys: () => port.getKeys({}), now: () => now });
  await verifier.verify(await token());
  await rotateSigningKey(dataSource, sealer);
  await age(60);
  const after = await newReplica();
  port = after.authPort;
  now += 3_000;
  await expect(verifier.verify(await after.token())).resolves.toBeDefined();
});

it('refuses a second rotation while tokens of the oldest key may be in use, then publishes two', async () => {
  const first = await (await newReplica()).kids();
  const second = await rotateSigningKey(dataSource, sealer);
  await expect(rotateSigningKey(dataSource, sealer)).rejects.toThrow(RotationTooSoon);
  await age(2 * 24 * 3600);
  const third = await rotateSigningKey(dataSource, sealer);
  const kids = await (await newReplica()).kids();
  expect(kids).toEqual([second, third]);
  expect(kids).not.toContain(first[0]);
});

it('rotates once when two replicas rotate at the same time', async () => {
  await fixture.start();
  const both = await Promise.allSettled([rotateSigningKey(dataSource, sealer), rotateSigningKey(dataSource, sealer)]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await (await newReplica()).kids()).toHaveLength(2);
});
