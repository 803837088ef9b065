import { Agent, get, type IncomingMessage, type Server } from 'node:http';
import { type AuthApp, openAuthDatabase, WrongKeySecret } from '@lading/auth';
import { closeFront, createFront, listenOn, Secret } from '@lading/platform';
import { Client } from 'pg';
import { ADMIN, adminBasic, basic, createFixture, type Fixture } from './auth-fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await createFixture();
});
afterEach(() => fixture.end());

const query = <T>(sql: string) => fixture.query<T>(sql);

const counts = () =>
  query(`SELECT (SELECT count(*)::int FROM auth.installation) AS installations,
                (SELECT count(*)::int FROM auth.signing_key) AS keys,
                (SELECT count(*)::int FROM auth.account) AS accounts`);

it('makes one installation, one key and one administrator when four replicas start first', async () => {
  const replicas = await Promise.all(Array.from({ length: 4 }, () => fixture.start()));
  expect(await counts()).toEqual([{ installations: 1, keys: 1, accounts: 1 }]);
  const keys = await Promise.all(replicas.map(({ authPort }) => authPort.getKeys({})));
  expect(new Set(keys.map(({ issuer, jwks }) => issuer + jwks)).size).toBe(1);
});

it('runs its migrations twice without a change', async () => {
  const catalogue = `
    SELECT 'column' AS what, table_name AS name, column_name || ' ' || data_type || ' ' || is_nullable AS more
      FROM information_schema.columns WHERE table_schema = 'auth'
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'auth'
    UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'auth.account'::regclass
    UNION ALL SELECT 'migration', name, id::text FROM auth.migrations
     ORDER BY 1, 2, 3`;
  const before = await query<{ what: string; name: string }>(catalogue);
  expect(before.filter(({ what }) => what === 'migration').map(({ name }) => name)).toEqual([
    'Auth0001700000000001',
    'Auth0002700000000002',
  ]);
  await (await openAuthDatabase({ url: fixture.database.url })).destroy();
  expect(await query(catalogue)).toEqual(before);
});

it('keeps installation, key and password over a restart, and says that another password is ignored', async () => {
  const first = await fixture.start();
  const keys = await first.authPort.getKeys({});
  await first.app.inject({ url: '/token', headers: { authorization: adminBasic } });
  const admin = { username: 'admin', password: new Secret('another password') };
  const second = await fixture.start({ admin });
  expect(await second.authPort.getKeys({})).toEqual(keys);
  const status = async (authorization: string) =>
    (await second.app.inject({ url: '/token', headers: { authorization } })).statusCode;
  expect([await status(adminBasic), await status(basic('admin', 'another password'))]).toEqual([200, 401]);
  const warnings = fixture.log.lines.filter((line) => line.includes('for the first start'));
  expect(warnings).toHaveLength(1);
  expect(fixture.log.lines.join('')).not.toContain('another password');
});

it('makes no second administrator under another name', async () => {
  await fixture.start();
  const { admin } = await fixture.start({ admin: { username: 'root', password: ADMIN.password } });
  expect(admin).toEqual({ username: 'admin', password: 'given' });
  expect(await counts()).toEqual([{ installations: 1, keys: 1, accounts: 1 }]);
});

it('generates a password once, hands it over before the account exists, and it opens the account', async () => {
  const kept: [string, string, number][] = [];
  const keepPassword = async (username: string, password: Secret) => {
    const [row] = await query<{ count: number }>('SELECT count(*)::int FROM auth.account');
    kept.push([username, password.reveal(), row?.count ?? -1]);
  };
  const first = await fixture.start({ admin: { username: 'admin', keepPassword } });
  expect(first.admin).toEqual({ username: 'admin', password: 'kept' });
  const password = kept[0]?.[1] ?? '';
  expect(password).toMatch(/^[\w-]{24}$/);
  expect(kept).toEqual([['admin', password, 0]]);
  const headers = { authorization: basic('admin', password) };
  expect((await first.app.inject({ url: '/token', headers })).statusCode).toBe(200);
  const next = await fixture.start({ admin: { username: 'admin', keepPassword, keptPassword: new Secret(password) } });
  expect(next.admin).toEqual({ username: 'admin', password: 'kept' });
  expect(kept).toHaveLength(1);
  expect(fixture.log.lines.join('')).not.toContain(password);
});

it.each([
  ['given', ADMIN.password, new Secret('left by a crash')],
  ['kept', new Secret('another password'), ADMIN.password],
  ['another', new Secret('another password'), new Secret('left by a crash')],
  ['another', undefined, undefined],
])('says at a later start that the password of the account is %s', async (which, password, keptPassword) => {
  await fixture.start();
  const { admin } = await fixture.start({ admin: { username: 'admin', password, keptPassword } });
  expect(admin).toEqual({ username: 'admin', password: which });
});

it('makes no account when the generated password could not be kept', async () => {
  const keepPassword = () => Promise.reject(new Error('disk full'));
  await expect(fixture.start({ admin: { username: 'admin', keepPassword } })).rejects.toThrow('disk full');
  expect(await counts()).toMatchObject([{ accounts: 0 }]);
});

it('does not start with another key secret', async () => {
  await fixture.start();
  const keySecret = new Secret('another secret of more than 32 characters');
  await expect(fixture.start({ keySecret })).rejects.toThrow(WrongKeySecret);
});

it('stores neither a password nor a private key in the clear', async () => {
  await fixture.start();
  const rows = await query(`SELECT password_hash, encode(sealed_private, 'hex') AS sealed, public_jwk
                              FROM auth.account, auth.signing_key`);
  const text = JSON.stringify(rows);
  expect(text).toContain('$argon2id$');
  expect(text).not.toContain(ADMIN.password.reveal());
  // The object identifier of P-256 stands in every PKCS #8 key.
  expect(text).not.toContain('2a8648ce3d030107');
  expect(text).not.toContain('"d":');
});

it('answers 503 with Retry-After, and nothing of the cause, while the database is away', async () => {
  const { app } = await fixture.start();
  await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()`);
  const url = new URL(fixture.database.url);
  url.pathname = '/postgres';
  const other = new Client({ connectionString: url.href });
  await other.connect();
  try {
    await other.query(`ALTER DATABASE ${fixture.database.name} ALLOW_CONNECTIONS false`);
    const ready = await app.inject({ url: '/readyz' });
    expect([ready.statusCode, ready.headers['retry-after']]).toEqual([503, '2']);
    const token = await app.inject({ url: '/token', headers: { authorization: adminBasic } });
    expect(token.statusCode).toBe(503);
    expect(token.body).not.toContain(fixture.database.name);
    await other.query(`ALTER DATABASE ${fixture.database.name} ALLOW_CONNECTIONS true`);
    expect((await app.inject({ url: '/token', headers: { authorization: adminBasic } })).statusCode).toBe(200);
  } finally {
    await other.end();
  }
});

it('answers behind a server in front of it, and names in its log the client that a trusted proxy tells of', async () => {
  const server = inFrontOf(await fixture.start({ trustedProxies: ['127.0.0.1'] }));
  const port = await listenOn(server, '127.0.0.1', 0);
  const told: Record<string, string>[] = [
    {},
    { 'x-forwarded-for': '192.0.2.7' },
    { forwarded: 'for="[2001:db8::7]:1"' },
  ];
  for (const headers of told) {
    const answer = await fetch(`http://127.0.0.1:${port}/jwt/auth`, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([200, { expires_in: 600 }]);
  }
  await closeFront(server);
  const lines = fixture.log.lines.map((line) => JSON.parse(line) as { msg: string; address: string });
  const addresses = lines.filter(({ msg }) => msg === 'request').map(({ address }) => address);
  expect(addresses).toEqual(['127.0.0.1', '192.0.2.7', '2001:db8::7']);
});

it('ends a request in flight before it stops, and does not wait for connections that are kept alive', async () => {
  const auth = await fixture.start();
  const server = inFrontOf(auth);
  const port = await listenOn(server, '127.0.0.1', 0);
  const agent = new Agent({ keepAlive: true });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { authorization: basic('admin', 'wrong') };
    get(`http://127.0.0.1:${port}/token`, { agent, headers }, resolve).on('error', reject);
  });
  await new Promise((resolve) => server.once('request', resolve));
  const stopped = closeFront(server).then(auth.close);
  const answer = await answered;
  expect(answer.statusCode).toBe(401);
  answer.resume();
  await stopped;
  agent.destroy();
}, 10_000);

function inFrontOf({ app }: AuthApp): Server {
  const fastify = app.getHttpAdapter().getInstance();
  return createFront([{ prefixes: ['/'], listener: (req, res) => fastify.routing(req, res) }]);
}
