import { AccessTokenVerifier } from '@lading/access-token';
import type { AuthApp } from '@lading/auth';
import { Secret } from '@lading/platform';
import { ADMIN, adminBasic, basic, createFixture, type Fixture } from './auth-fixture.js';

let fixture: Fixture;
let auth: AuthApp;
let verifier: AccessTokenVerifier;

beforeAll(async () => {
  fixture = await createFixture();
  auth = await fixture.start();
  verifier = new AccessTokenVerifier({ getKeys: () => auth.authPort.getKeys({}) });
});
afterAll(() => fixture.end());

function get(query: string, authorization?: string, path = '/token') {
  const headers = authorization === undefined ? {} : { authorization };
  return auth.app.inject({ method: 'GET', url: `${path}${query}`, headers });
}

function post(form: Record<string, string> | string, headers: Record<string, string> = {}) {
  const payload = typeof form === 'string' ? form : new URLSearchParams(form).toString();
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  return auth.app.inject({ method: 'POST', url: '/token', payload, headers: { ...type, ...headers } });
}

const grantsOf = async (token: string) => (await verifier.verify(token)).grants;
const password = { grant_type: 'password', username: ADMIN.username, password: ADMIN.password.reveal() };

describe('GET /token', () => {
  it('gives docker login a token without scopes', async () => {
    const answer = await get('?account=admin&client_id=docker&offline_token=true&service=lading', adminBasic);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expect(answer.headers).not.toHaveProperty('set-cookie');
    const { token, ...body } = answer.json();
    expect(body).toEqual({
      access_token: token,
      expires_in: 600,
      issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(await verifier.verify(token)).toMatchObject({ principal: 'account:1', credential: 'account:1', grants: [] });
  });

  it('grants the administrator what was asked, with the place that the name leads to', async () => {
    const { token } = (await get('?scope=repository:acme/app/web:push,pull', adminBasic)).json();
    expect(await grantsOf(token)).toEqual([
      {
        type: 'repository',
        name: 'acme/app/web',
        actions: ['pull', 'push'],
        projectId: 7,
        projectLevel: 2,
        groupId: 3,
        resolvedXid: 1_700_000_000_000_000,
        mayPush: true,
      },
    ]);
  });

  it.each([
    ['repeated', '?scope=repository:acme/app:pull&scope=repository:new/one:pull,push'],
    ['divided by a space', '?scope=repository:acme/app:pull%20repository:new/one:pull,push'],
    ['divided by a plus', '?scope=repository:acme/app:pull+repository:new/one:pull,push'],
  ])('reads scopes that are %s', async (_, query) => {
    const grants = await grantsOf((await get(query, adminBasic)).json().token);
    expect(grants.map(({ name, actions, projectId }) => [name, actions, projectId])).toEqual([
      ['acme/app', ['pull'], 7],
      ['new/one', ['pull', 'push'], undefined],
    ]);
  });

  it('answers the same under /jwt/auth', async () => {
    const answer = await get('?service=container_registry&scope=repository:acme/app:*', adminBasic, '/jwt/auth');
    expect((await grantsOf(answer.json().token))[0]?.actions).toEqual(['pull', 'push', 'delete']);
  });

  it.each([
    ['no header', undefined],
    ['an empty pair', 'Basic Og=='],
  ])('gives an anonymous caller (%s) a token that lists the scope and allows nothing', async (_, header) => {
    const before = fixture.scopes.asked.length;
    const answer = await get('?scope=repository:acme/app:pull,push', header);
    expect(answer.statusCode).toBe(200);
    const verified = await verifier.verify(answer.json().token);
    expect(verified).toMatchObject({ principal: '', credential: '', grants: [{ name: 'acme/app', actions: [] }] });
    expect(fixture.scopes.asked).toHaveLength(before);
  });

  it.each([
    ['a wrong password', basic('admin', 'wrong')],
    ['an unknown name', basic('nobody', 'wrong')],
    ['an empty password', basic('admin', '')],
    ['an empty name', basic('', 'secret')],
    ['no colon', 'Basic YWRtaW4='],
    ['bad base64', 'Basic %%%'],
    ['another scheme', 'Bearer abc'],
    ['a name with NUL', basic('ad\0min', 'secret')],
  ])('answers 401 to %s and never falls back to anonymous', async (_, header) => {
    const answer = await get('?scope=repository:acme/app:pull', header);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
    expect(answer.json()).toEqual({
      error: 'invalid_grant',
      error_description: 'wrong user name or password',
      errors: [{ code: 'UNAUTHORIZED', message: 'wrong user name or password' }],
    });
  });

  it('takes the name in any case, and a scheme in any case', async () => {
    expect((await get('', adminBasic.replace('Basic', 'basic'))).statusCode).toBe(200);
    expect((await get('', basic('ADMIN', ADMIN.password.reveal()))).statusCode).toBe(200);
  });

  it('limit token-scopes: answers 400 to more than 100 scopes', async () => {
    const scopes = (count: number) => Array.from({ length: count }, (_, i) => `repository:a/b${i}:pull`).join('%20');
    expect((await get(`?scope=${scopes(100)}`, adminBasic)).statusCode).toBe(200);
    expect((await get(`?scope=${scopes(101)}`, adminBasic)).statusCode).toBe(400);
  });

  it('limit token-length: looks nothing up for names that alone are too long for one token', async () => {
    const names = Array.from({ length: 100 }, (_, n) => `${'a/'.repeat(125)}b${n}`);
    const before = fixture.scopes.asked.length;
    const answer = await get(`?${names.map((name) => `scope=repository:${name}:pull`).join('&')}`, adminBasic);
    expect([answer.statusCode, answer.json().error]).toEqual([400, 'invalid_request']);
    expect(answer.json().error_description).toContain('ask for fewer');
    expect(fixture.scopes.asked).toHaveLength(before);
  });

  it('logs no password and no token', async () => {
    const { token } = (await get('?scope=repository:acme/app:pull', adminBasic)).json();
    const text = fixture.log.lines.join('');
    expect(text).toContain('"route":"/token"');
    for (const secret of [ADMIN.password.reveal(), adminBasic.slice(6), token]) expect(text).not.toContain(secret);
  });
});

describe('POST /token', () => {
  it('answers a password grant like GET, with the scope that was granted', async () => {
    const scope = 'repository:acme/app:pull repository:acme/app:push other:x:pull';
    const answer = await post({ ...password, client_id: 'containerd-client', service: 'x', scope });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    const { token, access_token, issued_at, ...body } = answer.json();
    expect(access_token).toBe(token);
    expect(issued_at).toMatch(/Z$/);
    expect(body).toEqual({ expires_in: 600, token_type: 'Bearer', scope: 'repository:acme/app:pull,push' });
    const grants = await grantsOf(token);
    expect(grants.map(({ name, actions }) => [name, actions])).toEqual([
      ['acme/app', ['pull', 'push']],
      ['x', []],
    ]);
  });

  it('reads repeated scope fields, and plus and percent signs of a password', async () => {
    const fields = new URLSearchParams(password);
    fields.append('scope', 'repository:acme/app:pull');
    fields.append('scope', 'repository:new/one:pull');
    expect(await grantsOf((await post(fields.toString())).json().token)).toHaveLength(2);
    const odd = await fixtureWithPassword('a+b %41&c=d');
    expect((await odd.inject()).statusCode).toBe(200);
    await odd.end();
  });

  it.each([
    [401, 'invalid_grant', { ...password, password: 'wrong' }],
    [401, 'invalid_grant', { grant_type: 'refresh_token', refresh_token: 'abc' }],
    [400, 'invalid_request', { grant_type: 'refresh_token' }],
    [400, 'unsupported_grant_type', { ...password, grant_type: 'client_credentials' }],
    [400, 'invalid_request', { grant_type: 'password' }],
    [400, 'invalid_request', { username: 'admin', password: 'x' }],
  ])('answers %d %s to %j', async (status, error, form) => {
    const answer = await post(form as Record<string, string>);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ error, errors: [{ message: expect.any(String) }] });
  });

  it('answers 400 to a body that is no form, and to none', async () => {
    expect((await post(JSON.stringify(password), { 'content-type': 'application/json' })).statusCode).toBe(400);
    expect((await auth.app.inject({ method: 'POST', url: '/token' })).statusCode).toBe(400);
  });

  it('answers 413 to a body of more than 64 KiB', async () => {
    expect((await post({ ...password, x: 'y'.repeat(65_000) })).statusCode).toBe(200);
    expect((await post({ ...password, x: 'y'.repeat(66_000) })).statusCode).toBe(413);
  });
});

/** Another installation whose administrator has this password. */
async function fixtureWithPassword(text: string) {
  const other = await createFixture();
  const { app } = await other.start({ admin: { username: 'admin', password: new Secret(text) } });
  const payload = new URLSearchParams({ ...password, password: text }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return { inject: () => app.inject({ method: 'POST', url: '/token', payload, headers }), end: () => other.end() };
}

describe('the rest of the service', () => {
  it.each([
    ['/token', 'GET, HEAD, POST', ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND']],
    ['/jwt/auth?scope=x', 'GET, HEAD, POST', ['PUT', 'DELETE']],
    ['/jwks', 'GET, HEAD', ['POST', 'DELETE']],
    ['/livez', 'GET, HEAD', ['POST']],
    ['/readyz', 'GET, HEAD', ['POST']],
  ])('answers 405 to other methods on %s, and says that it has %s', async (url, allow, methods) => {
    for (const method of methods) {
      const payload = 'y'.repeat(100_000); // More than a form may have: it is not read.
      const answer = await auth.app.inject({ method: method as 'PUT', url, payload });
      expect([method, answer.statusCode, answer.headers.allow]).toEqual([method, 405, allow]);
      expect(answer.json()).toMatchObject({ error: 'invalid_request', errors: [{ code: 'UNSUPPORTED' }] });
    }
  });

  it('gives every answer the headers that keep a browser from showing it', async () => {
    const answers = await Promise.all([
      ...['/token', '/jwt/auth', '/jwks', '/livez', '/nothing', '/%zz'].map((url) => auth.app.inject({ url })),
      get('', basic('admin', 'wrong')),
      post('y'.repeat(66_000)),
      auth.app.inject({ method: 'PUT', url: '/token' }),
    ]);
    for (const { headers } of answers) {
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
      });
      expect(headers).not.toHaveProperty('set-cookie');
    }
    const cached = answers.map(({ headers }) => headers['cache-control']);
    expect(cached).toEqual([
      ...Array(2).fill('no-store'),
      'public, max-age=30',
      undefined,
      ...Array(5).fill('no-store'),
    ]);
  });

  it('publishes one P-256 key without its private half', async () => {
    const answer = await auth.app.inject({ url: '/jwks' });
    expect(answer.headers['content-type']).toMatch(/^application\/jwk-set\+json/);
    const { keys } = answer.json();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });

  it('says that it lives and is ready', async () => {
    for (const url of ['/livez', '/readyz']) expect((await auth.app.inject({ url })).statusCode).toBe(200);
  });

  it('answers 404 in the shape of the specification elsewhere', async () => {
    const answer = await auth.app.inject({ url: '/nothing' });
    expect([answer.statusCode, answer.json().errors[0].code]).toEqual([404, 'UNSUPPORTED']);
  });
});
