import { setTimeout as delay } from 'node:timers/promises';
import { digestOf, imageOf, NOWHERE, openUpload, pushImage, putManifest } from './support/content.js';
import { Http } from './support/http.js';
import { askToken, tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

const { registry, http, closing } = useRegistry();
const anonymous = closing(new Http(registry));
let digest: string;

beforeAll(async () => {
  digest = await pushImage(http, 'auth/app', 'v1');
});

const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
const challengeOf = async (method: string, path: string, authorization?: string) => {
  const answer = await anonymous.send(method, path, { headers: { authorization } });
  expect([answer.status, method === 'HEAD' ? ['UNAUTHORIZED'] : answer.codes]).toEqual([401, ['UNAUTHORIZED']]);
  return answer.headers['www-authenticate']!;
};
const bearer = async (...scopes: string[]) => new Http(registry, `Bearer ${await tokenFor(registry, scopes)}`);

describe('the challenge', () => {
  const realm = () => `Bearer realm="${registry.url}/token",service="lading"`;
  const pull = 'repository:auth/app:pull';
  const push = 'repository:auth/app:pull,push';
  const remove = 'repository:auth/app:delete';

  it('BASE-02, BASE-04, regression project-zot/zot#1125: of the base has no scope', async () => {
    for (const path of ['/v2/', '/v2']) expect(await challengeOf('GET', path)).toBe(realm());
  });

  it.each([
    ['GET', 'manifests/v1', pull],
    ['HEAD', 'manifests/v1', pull],
    ['GET', `blobs/${NOWHERE}`, pull],
    ['HEAD', `blobs/${NOWHERE}`, pull],
    ['GET', 'tags/list', pull],
    ['GET', `referrers/${NOWHERE}`, pull],
    ['PUT', 'manifests/v1', push],
    ['POST', 'blobs/uploads/', push],
    ['PATCH', 'blobs/uploads/x', push],
    ['PUT', 'blobs/uploads/x?digest=y', push],
    ['GET', 'blobs/uploads/x', push],
    ['DELETE', 'blobs/uploads/x', push],
    ['DELETE', 'manifests/v1', remove],
    ['DELETE', `blobs/${NOWHERE}`, remove],
    ['POST', `blobs/uploads/?mount=${NOWHERE}&from=other/app`, `${push} repository:other/app:pull`],
  ])(
    'AUTH-01, AUTH-02, AUTH-04, AUTH-05, AUTH-06, AUTH-08: of %s %s asks for %s, and gives no error',
    async (method, path, scope) => {
      expect(await challengeOf(method, `/v2/auth/app/${path}`)).toBe(`${realm()},scope="${scope}"`);
    },
  );

  it('CAT-03: of the catalog asks for registry:catalog:*', async () => {
    expect(await challengeOf('GET', '/v2/_catalog')).toBe(`${realm()},scope="registry:catalog:*"`);
  });

  it('AUTH-09: is the same for what is there and what is not', async () => {
    const there = await challengeOf('GET', '/v2/auth/app/manifests/v1');
    for (const name of ['auth/none', 'none/none']) {
      const answer = await challengeOf('GET', `/v2/${name}/manifests/v1`);
      expect(answer).toBe(there.replace('auth/app', name));
    }
  });

  it('AUTH-10, AUTH-14, AUTH-16: is Bearer whatever was sent, with invalid_token for what is not good', async () => {
    const token = await tokenFor(registry, [pull]);
    const [head, body, signature] = token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const bad = [
      basic(`${registry.user}:wrong`),
      basic('nobody:x'),
      basic('no colon'),
      basic('a\0b:c'),
      'Basic !!!',
      'Bearer x',
      'Bearer a.b.c',
      `Bearer ${head}.${body}.${Buffer.alloc(64).toString('base64url')}`,
      `Bearer ${head}.${encode({ ...claims, exp: now + 9e6 })}.${signature}`,
      `Bearer ${encode({ alg: 'none', typ: 'JWT' })}.${body}.`,
      `Bearer ${encode({ alg: 'HS256', typ: 'JWT' })}.${body}.${signature}`,
      `Bearer ${'x'.repeat(40_000)}`,
      'Digest x',
      'Bearer',
    ];
    for (const authorization of bad) {
      const answer = await challengeOf('GET', '/v2/auth/app/manifests/v1', authorization);
      expect([authorization.slice(0, 80), answer]).toEqual([
        authorization.slice(0, 80),
        `${realm()},scope="${pull}",error="invalid_token"`,
      ]);
    }
    expect(await challengeOf('GET', '/v2/', 'Bearer x')).toBe(`${realm()},error="invalid_token"`);
  });

  it('AUTH-04, HTTP-28: has a realm on the Host that was asked, and on no other', async () => {
    const asked = await anonymous.send('GET', '/v2/', { headers: { host: 'registry.test:5000' } });
    expect(asked.headers['www-authenticate']).toContain('realm="http://registry.test:5000/token"');
    const headers = { 'x-forwarded-host': 'evil.test', 'x-forwarded-proto': 'https', forwarded: 'host=evil.test' };
    const forwarded = await anonymous.send('GET', '/v2/', { headers });
    expect(forwarded.headers['www-authenticate']).toBe(realm());
    for (const host of ['a"b', 'a b', 'x,y']) {
      const odd = await anonymous.exchange('GET', '/v2/', { headers: { host } });
      expect(odd.headers['www-authenticate'] ?? '').not.toContain(host);
    }
  });

  it('AUTH-15: takes the scheme in any case', async () => {
    const token = await tokenFor(registry, [pull]);
    for (const authorization of [
      `bearer ${token}`,
      `BEARER  ${token}`,
      basic(`${registry.user}:${registry.password}`).replace('Basic', 'bASIC'),
    ]) {
      const answer = await anonymous.send('GET', '/v2/auth/app/manifests/v1', { headers: { authorization } });
      expect([authorization.slice(0, 8), answer.status]).toEqual([authorization.slice(0, 8), 200]);
    }
  });
});

describe('ACC-01, AUTH-07: a token', () => {
  const insufficient = async (client: Http, method: string, path: string) => {
    const answer = await client.send(method, `/v2/auth/app/${path}`);
    expect([method, path, answer.status]).toEqual([method, path, 401]);
    expect(answer.headers['www-authenticate']).toMatch(
      /,scope="repository:auth\/app:[a-z,]+",error="insufficient_scope"$/,
    );
  };

  it('to pull reads and does nothing else, but tells where an upload stands (UPL-39)', async () => {
    const client = await bearer('repository:auth/app:pull');
    const upload = await openUpload(http, 'auth/app');
    for (const path of ['manifests/v1', `manifests/${digest}`, `blobs/${digestOf('auth/app v1')}`, 'tags/list']) {
      for (const method of ['GET', 'HEAD'])
        expect((await client.send(method, `/v2/auth/app/${path}`)).status).toBe(200);
    }
    expect((await client.send('GET', upload)).status).toBe(204);
    const id = upload.split('/').at(-1);
    for (const [method, path] of [
      ['POST', 'blobs/uploads/'],
      ['PATCH', `blobs/uploads/${id}`],
      ['PUT', `blobs/uploads/${id}?digest=${NOWHERE}`],
      ['DELETE', `blobs/uploads/${id}`],
      ['PUT', 'manifests/v1'],
      ['DELETE', 'manifests/v1'],
      ['DELETE', `blobs/${NOWHERE}`],
    ] as const) {
      await insufficient(client, method, path);
    }
    client.close();
  });

  it('to push does not delete, and one to delete does not push', async () => {
    const [pusher, remover] = [
      await bearer('repository:auth/app:pull,push'),
      await bearer('repository:auth/app:delete'),
    ];
    await pushImage(pusher, 'auth/app', 'pushed');
    await insufficient(pusher, 'DELETE', 'manifests/pushed');
    for (const [method, path] of [
      ['GET', 'manifests/v1'],
      ['POST', 'blobs/uploads/'],
    ] as const)
      await insufficient(remover, method, path);
    expect((await remover.send('DELETE', '/v2/auth/app/manifests/pushed')).status).toBe(202);
    pusher.close();
    remover.close();
  });

  it('TOK-12: for * pulls and deletes', async () => {
    await pushImage(http, 'auth/app', 'star');
    const client = await bearer('repository:auth/app:*');
    expect((await client.send('GET', '/v2/auth/app/manifests/star')).status).toBe(200);
    expect((await client.send('DELETE', '/v2/auth/app/manifests/star')).status).toBe(202);
    client.close();
  });

  it('of another repository gives nothing here; of no scope opens the base and the catalog alone (BASE-05)', async () => {
    const other = await bearer('repository:auth/other:pull,push,delete');
    await insufficient(other, 'GET', 'manifests/v1');
    const none = await bearer();
    for (const path of ['/v2/', '/v2/_catalog']) expect((await none.send('GET', path)).status).toBe(200);
    await insufficient(none, 'GET', 'manifests/v1');
    other.close();
    none.close();
  });

  it('T9: of before a first push is good for all of it', async () => {
    const client = await bearer('repository:auth-new/app/sub:pull,push');
    await pushImage(client, 'auth-new/app/sub', 'v1');
    expect((await client.send('GET', '/v2/auth-new/app/sub/manifests/v1')).status).toBe(200);
    client.close();
  });
});

describe('nobody', () => {
  it('gets a token that opens nothing, and the catalog asks for more', async () => {
    const scopes = ['repository:auth/app:pull', 'registry:catalog:*'];
    const { status, body } = await askToken(registry, scopes);
    expect(status).toBe(200);
    const client = new Http(registry, `Bearer ${body.token}`);
    expect((await client.send('GET', '/v2/auth/app/manifests/v1')).status).toBe(401);
    expect((await client.send('POST', '/v2/auth/app/blobs/uploads/')).status).toBe(401);
    expect((await client.send('GET', '/v2/_catalog')).status).toBe(401);
    client.close();
  });

  it('TOK-08: is also who sends an empty name and an empty password', async () => {
    const answer = await anonymous.send('GET', '/v2/auth/app/manifests/v1', {
      headers: { authorization: 'Basic Og==' },
    });
    expect(answer.headers['www-authenticate']).not.toContain('error');
  });
});

if (process.env.LADING_NIGHT) {
  describe('with LADING_TOKEN_TTL=60s', () => {
    const { registry: short, http: admin, closing: closingShort } = useRegistry({ LADING_TOKEN_TTL: '60s' });

    it('T19, UPL-45: a token that ended finishes the upload it opened, and nothing else', async () => {
      const token = await tokenFor(short, ['repository:late/app:pull,push']);
      const client = closingShort(new Http(short, `Bearer ${token}`));
      const [first, second] = [await openUpload(client, 'late/app'), await openUpload(admin, 'late/app')];
      await client.send('PATCH', first, { body: 'begun in time, ' });
      await delay(125_000); // The time to live, and the skew of 60 s that is allowed to clocks.
      expect((await client.send('GET', '/v2/late/app/tags/list')).status).toBe(401);
      expect((await client.send('POST', '/v2/late/app/blobs/uploads/')).status).toBe(401);
      expect((await client.send('GET', first)).headers.range).toBe('0-14');
      expect((await client.send('PATCH', first, { body: 'ended late' })).status).toBe(202);
      const wanted = digestOf('begun in time, ended late');
      expect((await client.send('PUT', `${first}?digest=${wanted}`)).status).toBe(201);
      const body = await imageOf(admin, 'late/app', 'late');
      expect((await putManifest(client, 'late/app', 'v1', body)).status).toBe(401);
      expect((await client.send('PATCH', second, { body: 'x' })).status).toBe(202);
    }, 200_000);
  });
}

it('TOK-18: a token that would be too long to be used is not issued', async () => {
  const scopes = Array.from({ length: 100 }, (_, n) => `scope=repository:long/${'a'.repeat(200)}${n}:pull`);
  const answer = await fetch(`${registry.url}/token?${scopes.join('&')}`);
  expect([answer.status, JSON.stringify(await answer.json())]).toEqual([400, expect.stringContaining('ask for fewer')]);
});

describe('cookies never count', () => {
  /** Whatever a cookie could carry that would be right in `Authorization`. */
  const cookieOf = async () => {
    const token = await tokenFor(registry, ['repository:auth/app:pull,push']);
    const pair = basic(`${registry.user}:${registry.password}`);
    const names = ['token', 'access_token', 'jwt', 'session', '_session', 'Authorization', 'authorization'];
    const values = [token, `Bearer ${token}`, pair, pair.replace('Basic ', '')].map((value) =>
      encodeURIComponent(value),
    );
    // Each value under all the names: whichever of them were read, it would be right.
    return values.map((value) => names.map((name) => `${name}=${value}`).join('; '));
  };

  it('on /v2/: a request with a cookie and no Authorization is one of nobody', async () => {
    for (const cookie of await cookieOf()) {
      for (const [method, path] of [
        ['GET', '/v2/'],
        ['GET', '/v2/_catalog'],
        ['GET', '/v2/auth/app/manifests/v1'],
        ['POST', '/v2/auth/app/blobs/uploads/'],
      ] as const) {
        const without = await anonymous.send(method, path);
        const answer = await anonymous.send(method, path, { headers: { cookie } });
        expect([path, answer.status, answer.codes]).toEqual([path, 401, ['UNAUTHORIZED']]);
        expect(answer.headers['www-authenticate']).toBe(without.headers['www-authenticate']);
      }
    }
  });

  it('on /token: a request with a cookie and no Authorization gets a token that opens nothing', async () => {
    for (const cookie of await cookieOf()) {
      const path = '/token?service=lading&scope=repository:auth/app:pull';
      const answer = await anonymous.exchange('GET', path, { headers: { cookie } });
      expect(answer.status).toBe(200);
      const { token } = JSON.parse(String(answer.body)) as { token: string };
      const holder = new Http(registry, `Bearer ${token}`);
      expect((await holder.send('GET', '/v2/auth/app/manifests/v1')).status).toBe(401);
      holder.close();
    }
  });

  it('beside a good Authorization: a bad cookie harms nothing', async () => {
    const headers = { cookie: 'token=x; session=y; ; =; Authorization=Basic z' };
    expect((await http.send('GET', '/v2/auth/app/manifests/v1', { headers })).status).toBe(200);
  });
});
