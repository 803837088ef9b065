import { digestOf, NOWHERE, pushImage } from './support/content.js';
import { Http } from './support/http.js';
import { askToken, tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

// Faults that other registries had, each told by the public thread that its name gives (regressions.json).

const { registry, http, closing } = useRegistry();
const anonymous = closing(new Http(registry));

beforeAll(async () => {
  await pushImage(http, 'past/private', 'v1');
});

const pair = () => `${registry.user}:${registry.password}`;
const as = (token: unknown) => new Http(registry, `Bearer ${String(token)}`);
/** What a token says that it gives: actions by name. */
const accessOf = (token: unknown) => {
  const claims = JSON.parse(Buffer.from(String(token).split('.')[1]!, 'base64url').toString()) as {
    access: { name: string; actions: string[] }[];
  };
  return Object.fromEntries(claims.access.map(({ name, actions }) => [name, actions]));
};
const post = async (fields: [string, string][]) => {
  const own = { grant_type: 'password', service: 'lading', client_id: 'past' };
  const login = { username: registry.user, password: registry.password };
  const body = new URLSearchParams([...Object.entries({ ...own, ...login }), ...fields]);
  const answer = await fetch(`${registry.url}/token`, { method: 'POST', body });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

it('regression containerd/containerd#3291, distribution/distribution#1984: private content asks for a login, never 404 (AUTH-09)', async () => {
  const paths = ['manifests/v1', `manifests/${NOWHERE}`, `blobs/${NOWHERE}`, 'tags/list', `referrers/${NOWHERE}`];
  for (const name of ['past/private', 'past/nothing', 'nothing/at/all', 'nothing']) {
    for (const path of paths) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await anonymous.send(method, `/v2/${name}/${path}`);
        expect([method, name, path, answer.status]).toEqual([method, name, path, 401]);
        expect(answer.headers['www-authenticate']).toContain(`scope="repository:${name}:pull"`);
      }
    }
  }
});

it('regression containerd/nerdctl#1987, goharbor/harbor#18856: a Basic pair that is wrong gets the Bearer challenge again, and a login from there works (AUTH-10)', async () => {
  const wrong = { authorization: `Basic ${Buffer.from(`${pair()}x`).toString('base64')}` };
  const [first, second] = [
    await anonymous.send('GET', '/v2/past/private/manifests/v1'),
    await anonymous.send('GET', '/v2/past/private/manifests/v1', { headers: wrong }),
  ];
  expect(second.headers['www-authenticate']).toBe(`${first.headers['www-authenticate']},error="invalid_token"`);
  const { body } = await askToken(registry, ['repository:past/private:pull'], pair());
  const client = as(body.token);
  expect((await client.send('GET', '/v2/past/private/manifests/v1')).status).toBe(200);
  client.close();
});

it('regression containers/image#2754: the base asks everybody to log in, and what it says of it is enough to push (BASE-02)', async () => {
  for (const [method, authorization] of [
    ['GET', undefined],
    ['HEAD', undefined],
    ['GET', 'Basic Og=='], // Nobody, as clients without credentials write it.
  ] as const) {
    const answer = await anonymous.send(method, '/v2/', { headers: { authorization } });
    const [, realm, service] = /^Bearer realm="([^"]+)",service="([^"]+)"$/.exec(answer.headers['www-authenticate']!)!;
    expect([answer.status, service]).toEqual([401, 'lading']);
    const url = `${realm}?service=${service}&scope=repository:past/learned:pull,push`;
    const login = { authorization: `Basic ${Buffer.from(pair()).toString('base64')}` };
    const { token } = (await (await fetch(url, { headers: login })).json()) as { token: string };
    const client = as(token);
    await pushImage(client, 'past/learned', 'v1');
    expect((await client.send('GET', '/v2/')).status).toBe(200);
    client.close();
  }
});

it('regression docker/hub-feedback#2215: the second scope counts like the first, and a mount works with it (TOK-02)', async () => {
  const scopes = ['repository:past/target:pull,push', 'repository:past/private:pull'];
  const expected = { 'past/target': ['pull', 'push'], 'past/private': ['pull'] };
  for (const asked of [scopes, [...scopes].reverse(), [scopes.join(' ')]]) {
    const { body } = await askToken(registry, asked, pair());
    expect(accessOf(body.token)).toEqual(expected);
    const client = as(body.token);
    const digest = digestOf('past/private v1');
    const mounted = await client.send('POST', `/v2/past/target/blobs/uploads/?mount=${digest}&from=past/private`);
    expect(mounted.status).toBe(201);
    client.close();
  }
});

it('regression project-zot/zot#4033: a token by POST gives what one by GET gives (TOK-22)', async () => {
  const scopes = ['repository:past/private:pull,push', 'repository:past/target:pull'];
  const byGet = await askToken(registry, scopes, pair());
  const forms: [string, string][][] = [[['scope', scopes.join(' ')]], scopes.map((scope) => ['scope', scope])];
  for (const form of forms) {
    const byPost = await post(form);
    expect([byGet.status, byPost.status]).toEqual([200, 200]);
    expect(accessOf(byPost.body.access_token)).toEqual(accessOf(byGet.body.token));
    const client = as(byPost.body.access_token);
    expect((await client.send('POST', '/v2/past/private/blobs/uploads/')).status).toBe(202);
    client.close();
  }
});

it('regression siderolabs/image-factory#573: there is one challenge, in one header (AUTH-01)', async () => {
  for (const path of ['/v2/', '/v2/_catalog', '/v2/past/private/manifests/v1', '/v2/past/private/blobs/uploads/']) {
    for (const authorization of [undefined, 'Basic !!!', 'Bearer x']) {
      const method = path.endsWith('uploads/') ? 'POST' : 'GET';
      const answer = await anonymous.exchange(method, path, { headers: { authorization } });
      const challenge = answer.headers['www-authenticate'] ?? '';
      expect([path, answer.status, challenge.match(/\b(bearer|basic|negotiate|digest) /gi)]).toEqual([
        path,
        401,
        ['Bearer '],
      ]);
    }
  }
});

it('regression go-gitea/gitea#36907: the scope of a challenge is one that the token endpoint gives (AUTH-05)', async () => {
  for (const [method, path] of [
    ['GET', 'manifests/v1'],
    ['PUT', 'manifests/v2'],
    ['POST', 'blobs/uploads/'],
    ['DELETE', 'manifests/v2'],
  ] as const) {
    const refused = await anonymous.send(method, `/v2/past/private/${path}`);
    const scope = /scope="([^"]+)"/.exec(refused.headers['www-authenticate']!)?.[1] ?? '';
    expect(scope).toMatch(/^repository:past\/private:[a-z,]+$/);
    const client = as(await tokenFor(registry, [scope]));
    expect((await client.send(method, `/v2/past/private/${path}`)).status).not.toBe(401);
    client.close();
  }
});

it('regression containerd/containerd#9648: scopes of a mirrored registry are no reason to refuse a token (TOK-10)', async () => {
  const scopes = [
    'repository:docker.io/library/busybox:pull',
    'repository:registry.example:5000/a/b:pull',
    'repository:past/private:pull',
    'repository(plugin):a/b:pull',
    'other:thing:do',
    'no scope at all',
    '',
  ];
  const { status, body } = await askToken(registry, scopes, pair());
  expect(status).toBe(200);
  expect(accessOf(body.token)['past/private']).toEqual(['pull']);
  const client = as(body.token);
  expect((await client.send('GET', '/v2/past/private/manifests/v1?ns=docker.io')).status).toBe(200);
  client.close();
});
