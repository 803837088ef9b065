import { digestOf, pushImage, putBlob } from './support/content.js';
import { Http } from './support/http.js';
import { accessOf, basicOf, rightsOf, statusWith, type TokenAnswer, TokenEndpoint } from './support/token-endpoint.js';
import { useRegistry } from './support/use-registry.js';

const { registry, closing } = useRegistry({ LADING_REFRESH_TOKENS: 'on' });
let tokens: TokenEndpoint;

const APP = 'asked/app';
const SRC = 'asked/source';
const PULL = `scope=repository:${APP}:pull`;

beforeAll(async () => {
  tokens = closing(new TokenEndpoint(registry));
  const admin = Http.asAdmin(registry);
  for (const name of [APP, SRC]) await pushImage(admin, name, 'v1');
  await putBlob(admin, SRC, 'a layer to mount');
  admin.close();
});

const password = () => ({ grant_type: 'password', username: registry.user, password: registry.password });
const refresh = (token: string, more = {}) =>
  tokens.post({ grant_type: 'refresh_token', refresh_token: token, client_id: 'docker', service: 'lading', ...more });
const statusAndError = ({ status, json }: TokenAnswer) => [status, json.error];

describe('GET of a token', () => {
  it('TOK-01: takes service, scopes, account and client, or nothing at all', async () => {
    const all = await tokens.get(
      `service=lading&${PULL}&${PULL.replace(APP, SRC)}&account=x&client_id=y&offline_token=true`,
    );
    expect(accessOf(all)).toEqual([`repository:${APP}:pull`, `repository:${SRC}:pull`]);
    expect(accessOf(await tokens.get())).toEqual([]);
    for (const service of ['container_registry', '', '%00']) {
      expect((await tokens.get(`service=${service}&${PULL}`)).status).toBe(200);
    }
  });

  it('TOK-02: gives both scopes of a mount, in one parameter or in two', async () => {
    const mount = `/v2/${APP}/blobs/uploads/?mount=${digestOf('a layer to mount')}&from=${SRC}`;
    for (const between of [' ', '%20', '+', '%20%20', '&scope=']) {
      const answer = await tokens.get(
        `scope=repository:${APP}:pull,push${between}repository:${SRC}:pull`.replace(' ', '%20'),
      );
      const http = new Http(registry, `Bearer ${answer.json.token}`);
      expect([between, (await http.send('POST', mount)).status]).toEqual([between, 201]);
      http.close();
    }
  });

  it('TOK-03, TOK-04: without a scope gives a token that opens the base and no repository', async () => {
    const answer = await tokens.get('service=lading');
    expect(accessOf(answer)).toEqual([]);
    expect(await statusWith(tokens, answer, '/v2/')).toBe(200);
    expect(await rightsOf(tokens, answer, APP)).toBe('');
  });

  it('TOK-05: gives a refresh token for offline_token=true and right credentials only', async () => {
    const answers = {
      asked: await tokens.get('offline_token=true'),
      'not asked': await tokens.get(),
      declined: await tokens.get('offline_token=false'),
      nobody: await tokens.getAnonymously('offline_token=true'),
      'an empty pair': await tokens.get('offline_token=true', 'Basic Og=='),
      wrong: await tokens.get('offline_token=true', basicOf(registry.user, 'wrong')),
    };
    const given = Object.entries(answers).filter(([, { json }]) => 'refresh_token' in json);
    expect(given.map(([name]) => name)).toEqual(['asked']);
    const again = await refresh(String(answers.asked.json.refresh_token), { scope: `repository:${APP}:push,pull` });
    expect(await rightsOf(tokens, again, APP)).toBe('pull,push');
  });

  it('TOK-06: leaves out what is not allowed, and lists the scope all the same', async () => {
    const asked = `scope=repository:${APP}:pull,fly&scope=repository:${APP}/UPPER:pull`;
    expect(accessOf(await tokens.get(asked))).toEqual([`repository:${APP}:pull`, `repository:${APP}/UPPER:`]);
    expect(accessOf(await tokens.getAnonymously(asked))).toEqual([`repository:${APP}:`, `repository:${APP}/UPPER:`]);
  });

  it.each([
    ['a wrong password', () => basicOf(registry.user, 'wrong')],
    ['an unknown name', () => basicOf('nobody', registry.password)],
    ['no password', () => basicOf(registry.user, '')],
    ['no name', () => basicOf('', registry.password)],
    ['no colon', () => 'Basic YWRtaW4='],
    ['no base64', () => 'Basic %%%'],
    ['an access token', () => 'Bearer a.b.c'],
    ['a NUL', () => basicOf('ad\0min', 'x')],
  ])('TOK-07: answers 401 to %s, and never a token of nobody', async (_, authorization) => {
    const answer = await tokens.get(PULL, authorization());
    expect(statusAndError(answer)).toEqual([401, 'invalid_grant']);
    expect(answer.codes).toEqual(['UNAUTHORIZED']);
  });

  it('TOK-08: takes an empty name with an empty password for nobody', async () => {
    expect(accessOf(await tokens.get(PULL, 'Basic Og=='))).toEqual([`repository:${APP}:`]);
  });

  it('TOK-09: does not believe account', async () => {
    expect(await rightsOf(tokens, await tokens.get(`account=somebody&${PULL}`), APP)).toBe('pull');
    expect(await rightsOf(tokens, await tokens.getAnonymously(`account=${registry.user}&${PULL}`), APP)).toBe('');
  });

  it.each([
    ['a name with a host and a port', `repository:localhost:5000/${APP}:pull`, [`repository:localhost:5000/${APP}:`]],
    [
      'a repository of another registry',
      'repository:docker.io/library/alpine:pull',
      ['repository:docker.io/library/alpine:pull'],
    ],
    ['an unknown type', `planet:${APP}:pull`, [`planet:${APP}:`]],
    ['an unknown action', `repository:${APP}:pull,fly,PUSH`, [`repository:${APP}:pull`]],
    ['an unknown class', `repository(thing):${APP}:pull`, [`repository:${APP}:pull`]],
    ['no actions', `repository:${APP}:`, [`repository:${APP}:`]],
    ['another registry type', 'registry:other:*', ['registry:other:']],
    ['what is no scope', 'pull', []],
    ['no name', 'repository::pull', []],
    ['no type', `:${APP}:pull`, []],
    ['a long one', `repository:${'a'.repeat(600)}:pull`, []],
    ['a control character', 'repository:a%00b/c:pull', ['repository:a\0b/c:']],
    ['what cannot be decoded', 'repository:a/%ff:pull', ['repository:a/%ff:']],
  ])('TOK-10: answers 200 to a scope of %s, and gives the others', async (_, scope, access) => {
    const answer = await tokens.get(`scope=${scope}&scope=repository:${SRC}:pull`);
    expect([answer.status, ...accessOf(answer)]).toEqual([200, ...access, `repository:${SRC}:pull`]);
  });

  it('TOK-11: takes a plugin for a repository', async () => {
    const answer = await tokens.get(`scope=repository(plugin):${APP}:pull,push`);
    expect(accessOf(answer)).toEqual([`repository:${APP}:pull,push`]);
    expect(await rightsOf(tokens, answer, APP)).toBe('pull,push');
  });

  it('TOK-12: writes out what * gives, and takes push for no more than push', async () => {
    const all = await tokens.get(`scope=repository:${APP}:*`);
    expect(accessOf(all)).toEqual([`repository:${APP}:pull,push,delete`]);
    expect(await rightsOf(tokens, all, APP)).toBe('pull,push,delete');
    expect(accessOf(await tokens.getAnonymously(`scope=repository:${APP}:*`))).toEqual([`repository:${APP}:`]);
    const push = await tokens.get(`scope=repository:${APP}:push`);
    expect(accessOf(push)).toEqual([`repository:${APP}:push`]);
    expect(await statusWith(tokens, push, `/v2/${APP}/manifests/v1`)).toBe(401);
  });

  it('TOK-13: gives the catalog to the administrator, and to nobody an empty scope', async () => {
    const scope = 'scope=registry:catalog:*';
    const [admin, nobody] = [await tokens.get(scope), await tokens.getAnonymously(scope)];
    expect([accessOf(admin), accessOf(nobody)]).toEqual([['registry:catalog:*'], ['registry:catalog:']]);
    expect(await statusWith(tokens, admin, '/v2/_catalog')).toBe(200);
    expect(await statusWith(tokens, nobody, '/v2/_catalog')).toBe(401);
  });
});

describe('POST for a token', () => {
  it('TOK-20: takes every field, scopes with spaces and repeated, and those it does not know', async () => {
    const form = new URLSearchParams({
      ...password(),
      service: 'lading',
      client_id: 'x',
      access_type: 'online',
      foo: 'bar',
    });
    form.append('scope', `repository:${APP}:pull repository:${APP}:push`);
    form.append('scope', `repository:${SRC}:pull`);
    expect(accessOf(await tokens.post(form.toString()))).toEqual([
      `repository:${APP}:pull,push`,
      `repository:${SRC}:pull`,
    ]);
    expect(accessOf(await tokens.post(password()))).toEqual([]);
  });

  it('TOK-21: answers with the scope that was granted, and with a refresh token when asked', async () => {
    const scope = `repository:${APP}:pull,push,fly repository:UPPER:pull`;
    const common = {
      token: expect.any(String),
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: expect.any(Number),
      issued_at: expect.any(String),
      scope: `repository:${APP}:pull,push`,
    };
    expect((await tokens.post({ ...password(), scope })).json).toEqual(common);
    const offline = await tokens.post({ ...password(), scope, access_type: 'offline' });
    expect(offline.json).toEqual({ ...common, refresh_token: expect.stringMatching(/^lading_rt_[\w-]{43}$/) });
    const token = String(offline.json.refresh_token);
    expect((await refresh(token, { scope })).json).toEqual({ ...common, refresh_token: token });
  });

  it('TOK-22: gives what GET gives', async () => {
    const scopes = [`repository:${APP}:*`, `repository:${SRC}:pull`, 'registry:catalog:*', 'repository:a:5000/b:pull'];
    const query = scopes.map((scope) => `scope=${scope}`).join('&');
    const byGet = accessOf(await tokens.get(query));
    expect(byGet).toHaveLength(4);
    const scope = scopes.join(' ');
    expect(accessOf(await tokens.post({ ...password(), scope }))).toEqual(byGet);
    expect(accessOf(await refresh(await tokens.refreshToken(), { scope }))).toEqual(byGet);
  });

  it.each([
    [400, 'invalid_request', 'no grant', { username: 'admin', password: 'x' }],
    [400, 'unsupported_grant_type', 'another grant', { grant_type: 'client_credentials' }],
    [400, 'invalid_request', 'no password', { grant_type: 'password', username: 'admin' }],
    [400, 'invalid_request', 'no name', { grant_type: 'password', password: 'x' }],
    [400, 'invalid_request', 'no refresh token', { grant_type: 'refresh_token' }],
    [401, 'invalid_grant', 'an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }],
  ])('TOK-22: answers %d %s to a form with %s', async (status, error, _, form) => {
    expect(statusAndError(await tokens.post(form as Record<string, string>))).toEqual([status, error]);
  });

  it.each([
    ['JSON', '{"grant_type":"password"}', { 'content-type': 'application/json' }],
    ['a form of several parts', '--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['a type that is none', 'grant_type=password', { 'content-type': 'garbage' }],
    ['a type that is half of one', 'grant_type=password', { 'content-type': 'application/' }],
    ['an empty type', 'grant_type=password', { 'content-type': '' }],
  ])('TOK-22: answers 400 to %s, and asks for a form', async (_, body, headers) => {
    const answer = await tokens.post(body, headers);
    expect(statusAndError(answer)).toEqual([400, 'invalid_request']);
    expect(answer.json.error_description).toBe('send application/x-www-form-urlencoded');
  });

  it('TOK-22: answers 400 to an empty form', async () => {
    expect(statusAndError(await tokens.post(''))).toEqual([400, 'invalid_request']);
  });

  it.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('TOK-22: answers 405 to %s', async (method) => {
    const answer = await tokens.ask(method, '/token', { authorization: tokens.basic });
    expect([...statusAndError(answer), answer.headers.allow]).toEqual([405, 'invalid_request', 'GET, HEAD, POST']);
  });

  it('TOK-24: answers 401 to a wrong password, as GET does', async () => {
    for (const wrong of [{ password: 'wrong' }, { username: 'nobody' }]) {
      const answer = await tokens.post({
        ...password(),
        ...wrong,
        access_type: 'offline',
        scope: `repository:${APP}:pull`,
      });
      expect([...statusAndError(answer), answer.codes]).toEqual([401, 'invalid_grant', ['UNAUTHORIZED']]);
    }
    expect((await tokens.get('', basicOf('nobody', registry.password))).status).toBe(401);
  });
});

describe('TOK-23: a refresh token', () => {
  it('is good again and again, for many at once, and is never replaced', async () => {
    const token = await tokens.refreshToken();
    const uses = await Promise.all(
      Array.from({ length: 20 }, () => refresh(token, { scope: `repository:${APP}:pull` })),
    );
    for (const { status, json } of uses) expect([status, json.refresh_token]).toEqual([200, token]);
    expect(await rightsOf(tokens, uses[0]!, APP)).toBe('pull');
  });

  it('is another for each login, and outlives the process', async () => {
    const [first, second] = [await tokens.refreshToken(), await tokens.refreshToken()];
    expect(first).not.toBe(second);
    await registry.restart();
    for (const token of [first, second]) expect((await refresh(token)).status).toBe(200);
  });

  it('is no password, and a changed one is none', async () => {
    const token = await tokens.refreshToken();
    for (const name of [registry.user, '<token>', '']) {
      expect([name, (await tokens.get('', basicOf(name, token))).status]).toEqual([name, 401]);
    }
    const changed = token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A');
    for (const wrong of [changed, token.toUpperCase(), `${token} `]) {
      expect(statusAndError(await refresh(wrong))).toEqual([401, 'invalid_grant']);
    }
  });
});

describe('a refresh token, without the setting', () => {
  const { registry: plain, closing: closingPlain } = useRegistry();

  it('TOK-05, TOK-23: is neither given nor taken', async () => {
    const endpoint = closingPlain(new TokenEndpoint(plain));
    const form = { grant_type: 'password', username: plain.user, password: plain.password, access_type: 'offline' };
    for (const answer of [await endpoint.get('offline_token=true'), await endpoint.post(form)]) {
      expect([answer.status, 'refresh_token' in answer.json]).toEqual([200, false]);
    }
    const taken = await endpoint.post({ grant_type: 'refresh_token', refresh_token: await tokens.refreshToken() });
    expect(statusAndError(taken)).toEqual([401, 'invalid_grant']);
  });
});

it("TOK-01: answers the same under /jwt/auth, GitLab's address of it", async () => {
  const answer = await tokens.ask('GET', `/jwt/auth?service=container_registry&${PULL}`, {
    authorization: tokens.basic,
  });
  expect(await rightsOf(tokens, answer, APP)).toBe('pull');
});
