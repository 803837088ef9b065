import { createHash } from 'node:crypto';
import { AccessTokenVerifier } from '@lading/access-token';
import type { AuthApp } from '@lading/auth';
import { Unavailable } from '@lading/oci';
import { Client } from 'pg';
import { ADMIN, adminBasic, basic, createFixture, type Fixture } from './auth-fixture.js';

let fixture: Fixture;
let auth: AuthApp;
let verifier: AccessTokenVerifier;

beforeEach(async () => {
  fixture = await createFixture();
  auth = await fixture.start({ refreshTokens: true });
  verifier = new AccessTokenVerifier({ getKeys: () => auth.authPort.getKeys({}) });
});
afterEach(() => fixture.end());

const SCOPE = 'repository:acme/app:pull,push';
const password = { grant_type: 'password', username: ADMIN.username, password: ADMIN.password.reveal() };

const get = (query: string, authorization?: string, method: 'GET' | 'HEAD' = 'GET', { app } = auth) =>
  app.inject({ method, url: `/token${query}`, headers: authorization === undefined ? {} : { authorization } });

function post(form: Record<string, string>, { app } = auth) {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return app.inject({ method: 'POST', url: '/token', payload: new URLSearchParams(form).toString(), headers });
}

/** What `docker login` is answered. */
async function login(authorization = adminBasic): Promise<string> {
  const answer = await get('?account=admin&client_id=docker&offline_token=true&service=lading', authorization);
  expect(answer.statusCode).toBe(200);
  return answer.json().refresh_token;
}

const refresh = (token: string, replica = auth) =>
  post({ grant_type: 'refresh_token', refresh_token: token, client_id: 'docker', scope: SCOPE }, replica);
const statusOf = async (token: string) => (await refresh(token)).statusCode;

const digestOf = (token: string) => createHash('sha256').update(token).digest();
const count = async () =>
  (await fixture.query<{ n: number }>('SELECT count(*)::int AS n FROM auth.refresh_token'))[0]?.n;
/** As if the token was last used that long ago. */
const age = (token: string, interval: string) =>
  fixture.query('UPDATE auth.refresh_token SET used_at = used_at - $2::interval WHERE digest = $1', [
    digestOf(token),
    interval,
  ]);
/** Another account, with the administrator's password. */
const makeAlice = () =>
  fixture.query(`INSERT INTO auth.account (username, password_hash) SELECT 'alice', password_hash FROM auth.account`);
const aliceBasic = basic('alice', ADMIN.password.reveal());
/** Makes `n` tokens of the administrator, the last of them used `since` ago and each before it a second earlier. */
const fill = (n: number, since: string) =>
  fixture.query(
    `INSERT INTO auth.refresh_token (digest, account_id, used_at)
     SELECT sha256(i::text::bytea), 1, clock_timestamp() - $2::interval - make_interval(secs => i)
       FROM generate_series(1, $1::int) AS i`,
    [n, since],
  );

describe('a refresh token', () => {
  it('is given to a GET with offline_token=true and to a password grant with access_type=offline', async () => {
    const answers = [
      (await get('?offline_token=true', adminBasic)).json(),
      (await post({ ...password, access_type: 'offline' })).json(),
    ];
    for (const { refresh_token } of answers) {
      expect(refresh_token).toMatch(/^lading_rt_[\w-]{43}$/);
      expect(await statusOf(refresh_token)).toBe(200);
    }
    expect(answers[0].refresh_token).not.toBe(answers[1].refresh_token);
  });

  it.each([
    ['a GET that does not ask', () => get('?client_id=docker', adminBasic)],
    ['a GET with offline_token=false', () => get('?offline_token=false', adminBasic)],
    ['a GET in the words of POST', () => get('?access_type=offline', adminBasic)],
    ['a password grant that does not ask', () => post(password)],
    ['a password grant with access_type=online', () => post({ ...password, access_type: 'online' })],
    ['a password grant in the words of GET', () => post({ ...password, offline_token: 'true' })],
    ['nobody', () => get('?offline_token=true')],
    ['an empty name and password', () => get('?offline_token=true', 'Basic Og==')],
    ['HEAD, whose answer would not hold it', () => get('?offline_token=true', adminBasic, 'HEAD')],
    ['a wrong password', () => get('?offline_token=true', basic('admin', 'wrong'))],
    ['a wrong password grant', () => post({ ...password, password: 'wrong', access_type: 'offline' })],
  ])('is not given to %s', async (_, ask) => {
    const answer = await ask();
    expect(answer.body).not.toContain('refresh_token');
    expect(await count()).toBe(0);
  });

  it('is not made when the answer fails', async () => {
    fixture.scopes.resolveScopes = () => Promise.reject(new Unavailable());
    expect((await get(`?offline_token=true&scope=${SCOPE}`, adminBasic)).statusCode).toBe(503);
    expect(await count()).toBe(0);
  });

  it('gives what the password would, to the same principal', async () => {
    const answer = await refresh(await login());
    const { access_token } = answer.json();
    const byPassword = await post({ ...password, scope: SCOPE });
    expect(answer.json().scope).toBe(byPassword.json().scope);
    const { principal, credential, grants } = await verifier.verify(access_token);
    expect([principal, credential]).toEqual(['account:1', 'account:1']);
    expect(grants).toEqual((await verifier.verify(byPassword.json().access_token)).grants);
  });

  it('is answered again by each use, and never another', async () => {
    const token = await login();
    for (let use = 0; use < 3; use += 1) expect((await refresh(token)).json().refresh_token).toBe(token);
    expect(await count()).toBe(1);
  });

  it('is used by many hosts at once, at any replica', async () => {
    const token = await login();
    await age(token, '2 days'); // So that each of them finds it unused for long, and would write that.
    const other = await fixture.start({ refreshTokens: true });
    const uses = Array.from({ length: 40 }, (_, host) => refresh(token, host % 2 ? auth : other));
    expect((await Promise.all(uses)).map(({ statusCode }) => statusCode)).toEqual(Array(40).fill(200));
  });

  it('is stored as its SHA-256 alone, and logged nowhere', async () => {
    const token = await login();
    await refresh(token);
    const [row] = await fixture.query<{ digest: Buffer }>('SELECT digest, t::text AS text FROM auth.refresh_token t');
    expect(row?.digest).toEqual(digestOf(token));
    expect(JSON.stringify(row) + fixture.log.lines.join('')).not.toContain(token.slice(10));
  });

  it.each(['', 'x', 'lading_rt_', `lading_rt_${'a'.repeat(43)}`, `lading_rt_${'a'.repeat(60_000)}`, 'lading_rt_\0'])(
    'that was never given opens nothing: %#',
    async (token) => {
      const answer = await refresh(token);
      expect(answer.statusCode).toBe(token === '' ? 400 : 401);
      if (token !== '')
        expect(answer.json()).toMatchObject({ error: 'invalid_grant', errors: [{ code: 'UNAUTHORIZED' }] });
    },
  );

  it('is no password: Basic with it is refused, whatever the name', async () => {
    const token = await login();
    for (const name of ['<token>', 'admin', '']) expect((await get('', basic(name, token))).statusCode).toBe(401);
    expect((await post({ ...password, username: '<token>', password: token })).statusCode).toBe(401);
  });
});

describe('where refresh tokens are off', () => {
  it('none is given and none is taken, and they hold again where they are on', async () => {
    const token = await login();
    const off = await fixture.start();
    const answers = [
      await get('?offline_token=true', adminBasic, 'GET', off),
      await post({ ...password, access_type: 'offline' }, off),
    ];
    for (const answer of answers) expect([answer.statusCode, answer.json().refresh_token]).toEqual([200, undefined]);
    const refused = await refresh(token, off);
    expect([refused.statusCode, refused.json().error]).toEqual([401, 'invalid_grant']);
    expect([await count(), await statusOf(token)]).toEqual([1, 200]);
  });
});

describe('a refresh token ends', () => {
  it('limit refresh-token-life: 90 days after its last use', async () => {
    const [used, unused] = [await login(), await login()];
    await age(used, '89 days 23 hours');
    await age(unused, '90 days');
    expect([await statusOf(used), await statusOf(unused)]).toEqual([200, 401]);
    await age(used, '89 days 23 hours');
    expect(await statusOf(used)).toBe(200);
  });

  it('and says once an hour that it was used', async () => {
    const token = await login();
    const usedAt = async () => (await fixture.query('SELECT used_at FROM auth.refresh_token'))[0];
    await age(token, '59 minutes');
    const before = await usedAt();
    await refresh(token);
    expect(await usedAt()).toEqual(before);
    await age(token, '2 minutes');
    await refresh(token);
    const [row] = await fixture.query('SELECT clock_timestamp() - used_at < $1 AS lately FROM auth.refresh_token', [
      '1 minute',
    ]);
    expect(row).toEqual({ lately: true });
  });

  it('and its row goes with a later sign-in of anybody', async () => {
    await fill(150, '90 days');
    await makeAlice();
    await login(aliceBasic);
    expect(await count()).toBe(51);
    const live = await login();
    expect([await count(), await statusOf(live)]).toEqual([2, 200]);
  });

  it('limit refresh-tokens: when 1000 others of its account were made or used since', async () => {
    const first = await login();
    await makeAlice();
    const alices = await login(aliceBasic);
    for (const token of [first, alices]) await age(token, '10 days');
    await fill(999, '1 day');
    expect(await statusOf(first)).toBe(200); // And so it is not the oldest any more.
    const last = await login();
    expect(await count()).toBe(1001);
    for (const token of [first, last, alices]) expect(await statusOf(token)).toBe(200);
    await age(first, '5 days');
    await login();
    expect([await statusOf(first), await statusOf(last), await statusOf(alices)]).toEqual([401, 200, 200]);
  });

  it('limit refresh-tokens: so that there are no more than 1000, also when 20 sign in at once', async () => {
    await fill(995, '1 day');
    const tokens = await Promise.all(Array.from({ length: 20 }, () => login()));
    expect(await count()).toBe(1000);
    expect(await Promise.all(tokens.map(statusOf))).toEqual(Array(20).fill(200));
  });
});

describe('a refresh token dies with its account', () => {
  it.each([
    ['blocked, and stays dead when it is let in again', ['blocked_at = now()', 'blocked_at = NULL']],
    [
      'given another password, and stays dead when it gets the first again',
      ["password_hash = 'x'", 'password_hash = $1'],
    ],
  ])('%s', async (_, changes) => {
    const token = await login();
    await makeAlice();
    const alices = await login(aliceBasic);
    const [admin] = await fixture.query<{ password_hash: string }>(
      'SELECT password_hash FROM auth.account WHERE id = 1',
    );
    for (const change of changes) {
      const values = change.includes('$1') ? [admin?.password_hash] : [];
      await fixture.query(`UPDATE auth.account SET ${change} WHERE id = 1`, values);
      expect(await statusOf(token)).toBe(401);
    }
    expect((await get('', adminBasic)).statusCode).toBe(200);
    expect([await statusOf(alices), await count()]).toEqual([200, 1]);
  });

  it('deleted', async () => {
    await makeAlice();
    const token = await login(aliceBasic);
    await fixture.query(`DELETE FROM auth.account WHERE username = 'alice'`);
    expect([await statusOf(token), await count()]).toEqual([401, 0]);
  });

  it('and not with other changes, but has the rights that the account has now', async () => {
    const token = await login();
    expect((await refresh(token)).json().scope).toBe(SCOPE);
    await fixture.query(`UPDATE auth.account SET is_admin = false, username = 'former', blocked_at = NULL`);
    const answer = await refresh(token);
    expect([answer.statusCode, answer.json().scope]).toEqual([200, '']);
    const { grants } = await verifier.verify(answer.json().access_token);
    expect(grants).toMatchObject([{ name: 'acme/app', actions: [] }]);
  });
});

describe('a change of the password while somebody signs in', () => {
  const sessions: Client[] = [];
  const session = async (sql: string) => {
    const client = new Client({ connectionString: fixture.database.url });
    await client.connect();
    sessions.push(client);
    await client.query(`BEGIN; ${sql}`);
    return client;
  };
  afterEach(() => Promise.all(sessions.splice(0).map((client) => client.end())));

  /** Waits until so many statements wait for a lock. */
  async function waiting(n: number): Promise<void> {
    const sql = `SELECT count(*)::int AS n FROM pg_stat_activity
                  WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    for (;;) if ((await fixture.query<{ n: number }>(sql))[0]?.n === n) return;
  }

  it('that commits first leaves no token of the old one', async () => {
    const change = await session(`UPDATE auth.account SET password_hash = 'x' WHERE id = 1`);
    const answer = get('?offline_token=true', adminBasic);
    await waiting(1);
    await change.query('COMMIT');
    expect((await answer).statusCode).toBe(401);
    expect(await count()).toBe(0);
  });

  it('that commits second ends the token', async () => {
    const hold = await session('LOCK TABLE auth.refresh_token IN SHARE MODE');
    const token = login();
    await waiting(1);
    const change = fixture.query(`UPDATE auth.account SET password_hash = 'x' WHERE id = 1`);
    await waiting(2);
    await hold.query('COMMIT');
    const given = await token;
    await change;
    expect([await statusOf(given), await count()]).toEqual([401, 0]);
  });
});
