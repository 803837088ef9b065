import { NOWHERE, openUpload, pushImage } from './support/content.js';
import { Http } from './support/http.js';
import { limit } from './support/limit.js';
import { useUnharmed } from './support/unharmed.js';

const NAME = 'hostile/app';
/** 10,000 parameters, in as few bytes as that takes. */
const MANY = Array.from({ length: 10_000 }, () => 'x').join('&');

const { registry, http, closing } = useUnharmed();
const anonymous = closing(new Http(registry));

beforeAll(async () => {
  await pushImage(http, NAME, 'v1');
});

describe('HTTP-04: a path that is written in another way', () => {
  it.each([
    '/v2/x/%2e%2e/hostile/app',
    '/v2/hostile/x/%2e%2e/app',
    '/v2/hostile/%2e/app',
    '/v2/x/%252e%252e/hostile/app',
    '/v2/hostile%2fapp',
    '/v2/hostile%2Fapp',
    '/v2/hostile%252fapp',
    '/v2/hostile%5capp',
    '/v2/hostile\\app',
    '/v2/x\\..\\hostile/app',
    '/v2//hostile/app',
    '/v2/hostile//app',
    '/v2/./hostile/app',
    '/v2/hostile/app%00',
    '/v2/hostile%00/app',
    '/v2/hostile/app%0d%0ax:y',
    '/v2/hostile/%61pp%',
    '/v2/hostile/app%c0%80',
    '/v2/hostile/x/%c0%ae%c0%ae/app',
    '/v2/hostile%c0%afapp',
    '/v2/hostile%e0%80%afapp',
    '/v2/hostile/app;a=b',
    '/v2/hostile/app%3b',
    '/v2/hostile/app%20',
    '/v2/hostile/app.',
    '/v2/hostile/app%23',
    '/v2/HOSTILE/app',
    '/v2/hostile/%EF%BD%81pp',
    '/v2/hostile/app/../app',
    '/v2%2fhostile/app',
    '/%76%32//hostile/app',
    '//v2/hostile/app',
    '/v2/../v2/hostile/app',
    '/V2/hostile/app',
    '/v2;/hostile/app',
  ])('%s is no way to a repository, to read, to write or to learn of it', async (base) => {
    for (const [method, path] of [
      ['GET', 'manifests/v1'],
      ['GET', 'tags/list'],
      ['GET', `referrers/${NOWHERE}`],
      ['PUT', 'manifests/v1'],
      ['DELETE', 'manifests/v1'],
      ['POST', 'blobs/uploads/'],
    ] as const) {
      const answer = await http.exchange(method, `${base}/${path}`);
      expect([400, 404]).toContain(answer.status);
      expect(answer.codes).toHaveLength(1);
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'content-type': 'application/json' });
    }
    expect((await http.send('GET', `/v2/${NAME}/manifests/v1`)).status).toBe(200);
  });

  it('HTTP-03: is that very path where it is the same after one decoding', async () => {
    for (const path of [
      '/v2/%68ostile/app/manifests/v1',
      '/v2/hostile/app/%6danifests/v1',
      '/v2/hostile/app/manifests/%76%31',
    ])
      expect([path, (await http.send('GET', path)).status]).toEqual([path, 200]);
  });

  it.each(['v1%00', 'v1%0a', 'v1%2f', '%2e%2e', 'v1%20', 'v1;x', '..;', 'v1%25', '%', '%zz', '%ff', 'v1#x'])(
    'NAME-04: the tag %s is none',
    async (tag) => {
      expect([400, 404]).toContain((await http.send('GET', `/v2/${NAME}/manifests/${tag}`)).status);
      const put = await http.send('PUT', `/v2/${NAME}/manifests/${tag}`, { body: '{}' });
      expect([400, 404]).toContain(put.status);
    },
  );

  it.each(['%00', '..%2f..%2fetc%2fpasswd', '%2e%2e', '..', 'x%2fy', '00000000-0000-4000-8000-00000000000%00'])(
    'UPL-11: the upload %s is none, and its path leads to no file',
    async (id) => {
      for (const method of ['GET', 'PATCH', 'DELETE'])
        expect((await http.send(method, `/v2/${NAME}/blobs/uploads/${id}`)).status).toBe(404);
    },
  );
});

describe('a name', () => {
  it('NAME-02, limit name-length: as long as it may be is taken, a longer one is 400, and the answer is short', async () => {
    const { most, refusal } = limit('name-length');
    const named = (length: number) => `${NAME}/${'a'.repeat(length - NAME.length - 1)}`;
    expect((await http.send('POST', `/v2/${named(most)}/blobs/uploads/`)).status).toBe(202);
    for (const length of [most + 1, 60_000]) {
      for (const client of [http, anonymous]) {
        const answer = await client.send('POST', `/v2/${named(length)}/blobs/uploads/`);
        expect([answer.status, answer.codes]).toEqual(
          client === http ? [refusal.status, refusal.codes] : [401, ['UNAUTHORIZED']],
        );
        expect(JSON.stringify(answer.headers).length + answer.body.length).toBeLessThan(1500);
      }
    }
  });

  it('of 30,000 components is 400, and does not take long to be refused', async () => {
    for (const component of ['a', 'a-', 'a.a', '__', 'a__'])
      expect((await http.send('GET', `/v2/${`${component}/`.repeat(10_000)}a/tags/list`)).status).toBe(400);
  });
});

describe('a query', () => {
  const many = (count: number, name = 'x') => Array.from({ length: count }, (_, n) => `${name}=${n}`).join('&');
  const reading = () =>
    [
      ['GET', `/v2/${NAME}/tags/list`, 200],
      ['GET', '/v2/_catalog', 200],
      ['GET', `/v2/${NAME}/referrers/${NOWHERE}`, 200],
      ['POST', `/v2/${NAME}/blobs/uploads/`, 202],
    ] as const;

  it('HTTP-33, limit query-parameters: of as many as it may have is read, of more it is 414', async () => {
    const { most, refusal } = limit('query-parameters');
    for (const [method, path, status] of reading()) {
      expect([path, (await http.send(method, `${path}?${many(most)}`)).status]).toEqual([path, status]);
      for (const query of [many(most + 1), MANY]) {
        const answer = await http.send(method, `${path}?${query}`);
        expect([path, answer.status, answer.codes]).toEqual([path, refusal.status, refusal.codes]);
      }
    }
  });

  it('HTTP-33: is not looked at where nothing is asked of it', async () => {
    for (const path of ['/v2/', `/v2/${NAME}/manifests/v1`])
      expect((await http.send('GET', `${path}?${MANY}`)).status).toBe(200);
  });

  it('of one parameter with 60 kB is read, and counts for what it is', async () => {
    const long = 'x'.repeat(60_000);
    for (const [method, path, status] of reading())
      expect([path, (await http.send(method, `${path}?x=${long}`)).status]).toEqual([path, status]);
    expect((await http.send('GET', `/v2/${NAME}/tags/list?last=${long}`)).status).toBe(200);
    expect((await http.send('GET', `/v2/${NAME}/tags/list?n=${'9'.repeat(60_000)}`)).status).toBe(400);
    expect((await http.send('GET', `/v2/${NAME}/referrers/${NOWHERE}?artifactType=${long}`)).status).toBe(200);
    for (const name of ['digest', 'mount', 'digest-algorithm']) {
      const answer = await http.send('POST', `/v2/${NAME}/blobs/uploads/?${name}=${long}`);
      expect([name, answer.status, answer.codes]).toEqual([name, 400, ['DIGEST_INVALID']]);
      expect(answer.body.length).toBeLessThan(1000);
    }
    const from = await http.send('POST', `/v2/${NAME}/blobs/uploads/?mount=${NOWHERE}&from=${long}`);
    expect(from.status).toBe(202);
  });

  it.each(['%', '%z', '%zz', '%ff', '%c0%af', '%ED%A0%80', '%00', '&&&', '=', '?', '%25', '[]=1', '__proto__=1'])(
    'of %s is an answer',
    async (query) => {
      for (const [method, path, status] of reading()) {
        expect([query, (await http.send(method, `${path}?${query}`)).status]).toEqual([query, status]);
      }
      for (const name of ['n', 'last', 'digest', 'mount', 'from', 'artifactType', 'after']) {
        for (const [method, path] of reading())
          expect((await http.send(method, `${path}?${name}=${query}`)).status).toBeLessThan(500);
      }
      expect((await http.send('GET', `${await openUpload(http, NAME)}?${query}`)).status).toBe(204);
    },
  );

  it('MAN-20, limit tags-per-push: of a PUT by digest sets as many tags as it may, and of more it is 414', async () => {
    const { most, refusal } = limit('tags-per-push');
    const { body, headers } = await http.send('GET', `/v2/${NAME}/manifests/v1`);
    const path = `/v2/${NAME}/manifests/${headers['docker-content-digest']}`;
    const put = (count: number) => http.send('PUT', `${path}?${many(count, 'tag')}`, { body });
    expect(await put(most + 1)).toMatchObject(refusal);
    expect((await put(most)).status).toBe(201);
  });
});

describe('the token endpoint', () => {
  const scopes = (count: number) => Array.from({ length: count }, (_, n) => `scope=repository:a/b${n}:pull`).join('&');
  const get = async (query: string) => {
    const answer = await anonymous.exchange('GET', `/token?${query}`);
    expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    return [answer.status, answer.codes];
  };

  it('TOK-02, limit token-scopes: gives a token for as many scopes as it may, and none for more', async () => {
    const { most, refusal } = limit('token-scopes');
    const refused = [refusal.status, refusal.codes];
    expect(await get(scopes(most))).toEqual([200, []]);
    for (const count of [most + 1, 1000]) expect(await get(scopes(count))).toEqual(refused);
    expect(await get(`scope=${'a:b:c '.repeat(most + 1).replaceAll(' ', '%20')}`)).toEqual(refused);
  });

  it('limit scope-length: leaves out a scope with more characters before its actions than it may have', async () => {
    const { most } = limit('scope-length');
    const asked = (length: number) => `scope=repository:${'a'.repeat(length - 'repository:'.length)}:pull`;
    const accessOf = async (length: number) => {
      const { body } = await anonymous.exchange('GET', `/token?${asked(length)}`);
      const { token } = JSON.parse(String(body)) as { token: string };
      return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).access as object[];
    };
    expect([await accessOf(most), await accessOf(most + 1)].map((access) => access.length)).toEqual([1, 0]);
  });

  it.each([
    '%',
    'scope=%zz',
    'scope[]=a',
    'scope[__proto__]=a',
    '__proto__[x]=1',
    'scope=%00',
    'scope=%ff',
    '&&&',
    '?',
  ])('answers the query %s', async (query) => {
    expect(await get(query)).toEqual([200, []]);
  });

  it('answers queries of 10,000 parameters and of 60 kB', async () => {
    expect(await get(MANY)).toEqual([200, []]);
    expect(await get(`service=${'x'.repeat(60_000)}`)).toEqual([200, []]);
    expect(await get(`scope=${'x'.repeat(60_000)}`)).toEqual([200, []]);
  });

  it.each(['/token/', '/token/%', '/token%00', '/jwks/%2e%2e', '/jwks/../token', '/livez/%ff', '/readyz//'])(
    'has nothing at %s, and says so in the shape of all errors',
    async (path) => {
      const answer = await anonymous.exchange('GET', path);
      expect([400, 404]).toContain(answer.status);
      expect(answer.codes).toHaveLength(1);
      expect(answer.headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
      expect(answer.headers['content-security-policy']).toContain('sandbox');
    },
  );
});
