import type { Registry } from '../support/registry.js';
import { startStandalone } from '../support/standalone.js';
import { type Answer, assertRefusal } from './support/answer.js';
import { digestOf, imageOf, NOWHERE, openUpload, pushImage, putManifest } from './support/content.js';
import { Http, type Sent } from './support/http.js';
import { askToken, tokenFor } from './support/token.js';
import { useRegistry } from './support/use-registry.js';

type Headers = NonNullable<Sent['headers']>;

const CLIENT = '192.0.2.7';
const LIE = 'lie.test';

/** Everything that a proxy may say, all at once. */
const ALL: Headers = {
  host: 'in.test:5000',
  'x-forwarded-for': CLIENT,
  'x-forwarded-proto': 'https',
  'x-forwarded-host': LIE,
  'x-forwarded-port': '4443',
  forwarded: `for=${CLIENT};proto=https;host="${LIE}:4443"`,
};

const clients: Http[] = [];
const clientOf = (registry: Registry, authorization?: string) => {
  const client = new Http(registry, authorization);
  clients.push(client);
  return client;
};
const adminOf = (registry: Registry) => {
  const client = Http.asAdmin(registry);
  clients.push(client);
  return client;
};
afterAll(() => {
  for (const client of clients) client.close();
});

const realmIn = ({ status, headers }: Answer) => {
  expect(status).toBe(401);
  return /realm="([^"]*)"/.exec(headers['www-authenticate'] ?? '')?.[1];
};
const realmFor = async (registry: Registry, headers: Headers) =>
  realmIn(await clientOf(registry).send('GET', '/v2/', { headers }));

describe('behind a trusted proxy', () => {
  const { registry } = useRegistry({ LADING_TRUSTED_PROXIES: '127.0.0.1' });

  const realm = (headers: Headers) => realmFor(registry, { host: 'in.test:5000', ...headers });

  it.each<[string, Headers, string]>([
    ['nothing but Host', {}, 'http://in.test:5000'],
    ['X-Forwarded-Proto', { 'x-forwarded-proto': 'https' }, 'https://in.test:5000'],
    ['X-Forwarded-Host', { 'x-forwarded-host': 'r.test:8443' }, 'http://r.test:8443'],
    ['X-Forwarded-Host with IPv6', { 'x-forwarded-host': '[2001:db8::1]:5000' }, 'http://[2001:db8::1]:5000'],
    ['X-Forwarded-Port', { host: 'r.test', 'x-forwarded-port': '8443' }, 'http://r.test:8443'],
    ['X-Forwarded-Port where Host has one', { 'x-forwarded-port': '8443' }, 'http://in.test:5000'],
    ['X-Forwarded-Prefix', { 'x-forwarded-prefix': '/registry' }, 'http://in.test:5000'],
    ['lists', { 'x-forwarded-proto': 'http, https', 'x-forwarded-host': `${LIE}, r.test` }, 'https://r.test'],
    ['repeated headers', { 'x-forwarded-host': [LIE, 'r.test'] }, 'http://r.test'],
    ['Forwarded', { forwarded: `for=${CLIENT};proto=https;host="r.test:8443"` }, 'https://r.test:8443'],
    ['a chain', { forwarded: [`host=${LIE};proto=http`, `for="[2001:db8::7]:1";host=r.test`] }, 'http://r.test'],
    ['both, alike', { 'x-forwarded-host': 'r.test', forwarded: 'host=r.test;proto=https' }, 'https://r.test'],
    ['both, unlike', { 'x-forwarded-host': 'r.test', forwarded: `host=${LIE}` }, 'http://in.test:5000'],
  ])('HTTP-28, AUTH-04: the realm is where the client is, told by %s', async (_what, headers, url) => {
    expect(await realm(headers)).toBe(`${url}/token`);
  });

  it('HTTP-27: no realm names the port that its scheme has anyway', async () => {
    const https = { 'x-forwarded-proto': 'https' };
    expect(await realm({ ...https, host: 'r.test:443' })).toBe('https://r.test/token');
    expect(await realm({ ...https, host: 'r.test', 'x-forwarded-port': '443' })).toBe('https://r.test/token');
    expect(await realm({ host: 'r.test:80' })).toBe('http://r.test/token');
    expect(await realm({ ...https, host: 'r.test:80' })).toBe('https://r.test:80/token');
  });

  it('HTTP-28: what is no host, scheme, port or list is ignored, and never an error of the server', async () => {
    const odd = [
      '',
      ',',
      '"',
      '""',
      ';',
      '=',
      'a b',
      'x"y',
      'x/y',
      'x,y"',
      '[',
      '[::g]',
      '-1',
      '99999',
      '\t',
      '\xff',
      '%00',
    ];
    for (const value of [...odd, 'x'.repeat(20_000), ',;'.repeat(10_000)]) {
      const names = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port', 'forwarded'];
      for (const name of names)
        expect([name, value, await realm({ [name]: value })]).toEqual([name, value, 'http://in.test:5000/token']);
      const host = await realm({ 'x-forwarded-host': `${value}"` });
      expect([value, host]).toEqual([value, 'http://in.test:5000/token']);
    }
  });

  it('HTTP-24, HTTP-25, HTTP-26, D-13, regression distribution/distribution#970, #2225, #2862: Location and Link are paths of this host, whatever a proxy says', async () => {
    const http = adminOf(registry);
    const told = (method: string, path: string, sent: Sent = {}) =>
      http.send(method, path, { ...sent, headers: { ...ALL, ...sent.headers } });
    const opened = await told('POST', '/v2/proxy/app/blobs/uploads/');
    const upload = opened.headers.location!;
    const patched = await told('PATCH', upload, { body: 'layer' });
    const state = await told('GET', upload);
    const outOfOrder = await told('PATCH', upload, { body: 'x', headers: { 'content-range': '9-9' } });
    const closed = await told('PUT', `${upload}?digest=${digestOf('layer')}`);
    const manifest = await imageOf(http, 'proxy/app', 'proxied');
    const put = await told('PUT', '/v2/proxy/app/manifests/v1', {
      body: manifest,
      headers: { 'content-type': undefined },
    });
    await putManifest(http, 'proxy/app', 'v2', manifest);
    await pushImage(http, 'proxy/two', 'v1');
    const mounted = await told('POST', `/v2/proxy/two/blobs/uploads/?mount=${digestOf('layer')}&from=proxy/app`);
    const answers = [opened, patched, state, outOfOrder, closed, put, mounted];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 204, 416, 201, 201, 201]);
    for (const { headers } of answers) expect(headers.location).toMatch(/^\/v2\/[A-Za-z0-9._~/:-]+$/);
    for (const { headers } of answers.slice(0, 4)) expect(headers.location).toBe(upload);
    expect(upload).toMatch(/^[A-Za-z0-9._~/-]+$/);
    for (const path of ['/v2/proxy/app/tags/list?n=1', '/v2/_catalog?n=1']) {
      const { headers } = await told('GET', path);
      expect(headers.link).toMatch(/^<\/v2\/[^>]+>; rel="next"$/);
    }
  });

  it('AUTH-04: a token from the realm opens what is asked for through the same proxy', async () => {
    const http = adminOf(registry);
    await pushImage(http, 'proxy/login', 'v1');
    const token = await tokenFor(registry, ['repository:proxy/login:pull']);
    const answer = await clientOf(registry, `Bearer ${token}`).send('GET', '/v2/proxy/login/manifests/v1', {
      headers: ALL,
    });
    expect(answer.status).toBe(200);
  });

  it('AUTH-01, HTTP-28: every kind of 401 has the realm of the proxy', async () => {
    const headers = { host: 'in.test:5000', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'r.test:8443' };
    const asked: [string, string, string | undefined][] = [
      ['GET', '/v2/_catalog', undefined],
      ['HEAD', '/v2/proxy/none/manifests/v1', undefined],
      ['POST', '/v2/proxy/none/blobs/uploads/', undefined],
      ['DELETE', `/v2/proxy/none/blobs/${NOWHERE}`, 'Bearer x'],
      ['GET', '/v2/', `Basic ${Buffer.from('nobody:x').toString('base64')}`],
    ];
    for (const [method, path, authorization] of asked) {
      const answer = await clientOf(registry, authorization).send(method, path, { headers });
      expect([path, realmIn(answer)]).toEqual([path, 'https://r.test:8443/token']);
    }
  });

  describe('TOK-17: wrong passwords are counted by the address of the client', () => {
    const wrong = () => `Basic ${Buffer.from(`admin:wrong ${Math.random()}`).toString('base64')}`;
    const guess = async (path: string, headers: Headers) => {
      const { status } = await clientOf(registry).exchange('GET', path, {
        headers: { ...headers, authorization: wrong() },
      });
      return status;
    };
    const atOnce = (count: number, path: string, headers: Headers) =>
      Promise.all(Array.from({ length: count }, () => guess(path, headers)));

    it.each([
      ['/v2/', '/token', '198.51.100.1', '198.51.100.2'],
      ['/token', '/v2/', '198.51.100.3', '198.51.100.4'],
    ])('those at %s count at %s, and not for another client of the proxy', async (first, second, guesser, other) => {
      for (let count = 0; count < 6; count += 1) expect(await guess(first, { 'x-forwarded-for': guesser })).toBe(401);
      // A few wrong ones may be under way; the rest is refused. The other client is still below that count.
      expect(await atOnce(12, second, { forwarded: `for="${guesser}:4711"` })).toContain(429);
      for (const path of [first, second])
        expect(await atOnce(2, path, { 'x-forwarded-for': other })).toEqual([401, 401]);
    });

    it('and what a client invents to the left of its address changes nothing', async () => {
      for (let count = 0; count < 6; count += 1)
        await guess('/v2/', { 'x-forwarded-for': `203.0.113.${count}, 198.51.100.5` });
      const refused = await atOnce(12, '/token', { 'x-forwarded-for': '127.0.0.1, 203.0.113.99, 198.51.100.5' });
      expect(refused).toContain(429);
    });
  });
});

describe('behind a proxy that is not trusted', () => {
  const { registry } = useRegistry({ LADING_TRUSTED_PROXIES: '192.0.2.1, fd00::/8' });

  it('HTTP-28: no header but Host counts, alone or with the others', async () => {
    for (const name of Object.keys(ALL))
      expect(await realmFor(registry, { host: ALL.host, [name]: ALL[name] })).toBe('http://in.test:5000/token');
    expect(await realmFor(registry, ALL)).toBe('http://in.test:5000/token');
  });

  it.each([
    ['registry.test', 'registry.test'],
    ['registry.test:5000', 'registry.test:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['[::1]', '[::1]'],
    ['192.0.2.1:80', '192.0.2.1'],
  ])('AUTH-04: Host %s is repeated with its port', async (host, repeated) => {
    expect(await realmFor(registry, { host })).toBe(`http://${repeated}/token`);
  });

  it.each(['x,y', 'x:0', 'x:99999', '%00', ''])(
    'AUTH-04: Host %j is well formed, but no host to go to, and is not repeated',
    async (host) => {
      const realm = await realmFor(registry, { host });
      expect(realm).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/token$/);
    },
  );

  it.each(['a"b', 'a b', 'x/y', 'user@x', '::1', '[::g]'])(
    'HTTP-28: Host %j is not well formed: 400, as RFC 9112 section 3.2 demands, and the connection is closed',
    async (host) => {
      const answer = await clientOf(registry).exchange('GET', '/v2/', { headers: { host } });
      expect(answer.status).toBe(400);
      assertRefusal(answer);
    },
  );

  it('HTTP-28: a target in absolute form counts instead of Host, on both endpoints', async () => {
    const client = clientOf(registry);
    const asked = await client.send('GET', 'http://r.test:8443/v2/', { headers: { host: LIE } });
    expect(realmIn(asked)).toBe('http://r.test:8443/token');
    const token = await client.exchange('GET', 'http://r.test:8443/token?service=lading', { headers: { host: LIE } });
    expect([token.status, JSON.parse(String(token.body))]).toMatchObject([200, { token: expect.any(String) }]);
  });

  it('HTTP-05, HTTP-07: pushes and pulls with targets in absolute form, and finds no path that is none', async () => {
    const http = adminOf(registry);
    const at = (path: string) => `http://r.test${path}`;
    const upload = await openUpload(http, 'absolute/app');
    expect((await http.send('PUT', at(`${upload}?digest=${digestOf('layer')}`), { body: 'layer' })).status).toBe(201);
    const got = await http.send('GET', at(`/v2/absolute/app/blobs/${digestOf('layer')}`));
    expect([got.status, String(got.body)]).toEqual([200, 'layer']);
    for (const target of ['http://r.test', 'http://r.test/', 'http://r.test/v1/', 'http://r.test?/v2/'])
      expect([target, (await http.exchange('GET', target)).status]).toEqual([target, 404]);
  });

  it('OPTIONS * is answered for the server as a whole, and * is for nothing else', async () => {
    const client = clientOf(registry);
    const options = await client.exchange('OPTIONS', '*');
    expect([options.status, options.headers.allow, options.body.length]).toEqual([
      204,
      'DELETE, GET, HEAD, PATCH, POST, PUT',
      0,
    ]);
    expect((await client.exchange('GET', '*')).status).toBe(400);
  });
});

describe('with LADING_PUBLIC_URL', () => {
  const { registry } = useRegistry({
    LADING_PUBLIC_URL: 'https://registry.example.com:8443',
    LADING_TRUSTED_PROXIES: '127.0.0.1',
  });

  it('HTTP-28, AUTH-04: the realm is on it, whatever a trusted proxy or a client says', async () => {
    for (const headers of [{}, ALL, { host: 'x,y' }, { host: LIE }])
      expect(await realmFor(registry, headers)).toBe('https://registry.example.com:8443/token');
    const absolute = await clientOf(registry).send('GET', `http://${LIE}/v2/`);
    expect(realmIn(absolute)).toBe('https://registry.example.com:8443/token');
  });

  it('HTTP-24: Location is a path all the same', async () => {
    expect(await openUpload(adminOf(registry), 'public/app')).toMatch(/^\/v2\/public\/app\/blobs\/uploads\/[\w-]+$/);
  });
});

describe('listening on ::1', () => {
  let registry: Registry;

  beforeAll(async () => {
    registry = await startStandalone({ LADING_HOST: '::1', LADING_TRUSTED_PROXIES: '::1' });
  });
  afterAll(() => registry?.stop());

  it('says so in its ready line, and in the realm', async () => {
    expect(registry.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect(realmIn(await clientOf(registry).send('GET', '/v2/'))).toBe(`${registry.url}/token`);
    expect(realmIn(await clientOf(registry).send('GET', '/v2/', { headers: { host: 'x,y' } }))).toBe(
      `${registry.url}/token`,
    );
  });

  it('HTTP-28: takes ::1 for the proxy that it is told to trust', async () => {
    const headers = { 'x-forwarded-proto': 'https', forwarded: `for="[2001:db8::7]";host=r.test` };
    expect(await realmFor(registry, headers)).toBe('https://r.test/token');
  });

  it('is logged in to, pushed to and pulled from', async () => {
    const { status, body } = await askToken(registry, ['repository:six/app:pull,push'], `admin:${registry.password}`);
    expect(status).toBe(200);
    const http = clientOf(registry, `Bearer ${body.token}`);
    const digest = await pushImage(http, 'six/app', 'v1');
    const pulled = await http.send('GET', '/v2/six/app/manifests/v1');
    expect([pulled.status, digestOf(pulled.body)]).toEqual([200, digest]);
  });
});
