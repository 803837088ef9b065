import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { digestOf, NOWHERE, openUpload, pushImage } from './support/content.js';
import { Http } from './support/http.js';
import { useRegistry } from './support/use-registry.js';

const MIB = 1024 * 1024;

const { registry, http, closing } = useRegistry();
const anonymous = closing(new Http(registry));

beforeAll(async () => {
  await pushImage(http, 'err/app', 'v1');
});

it('BASE-01, BASE-05, HTTP-05, HTTP-06: the base is {} with and without its slash, for GET and HEAD', async () => {
  for (const path of ['/v2/', '/v2', '/v2/?a=b']) {
    const answer = await http.send('GET', path);
    expect([answer.status, String(answer.body), answer.headers['content-type']]).toEqual([
      200,
      '{}',
      'application/json',
    ]);
    expect(await http.send('HEAD', path)).toMatchObject({ status: 200, headers: { 'content-length': '2' } });
  }
});

it.each([
  '/v2/a',
  '/v2/a/b',
  '/v2/a/b/tags',
  '/v2/a/b/tags/list/',
  '/v2/a/b/blobs/',
  '/v2/_oci/x',
  '/v2//',
  '/v2/%',
  '/v2/a/b/%zz',
])('HTTP-07, EXT-01: the unknown path %s is 404 with a JSON body, whatever the method', async (path) => {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    expect([method, (await http.send(method, path)).status]).toEqual([method, 404]);
  }
});

it.each(['/v1/_ping', '/v1/search?q=x', '/v2x', '/V2/'])('BASE-11: %s is 404 and JSON', async (path) => {
  const answer = await http.exchange('GET', path);
  expect([answer.status, answer.headers['content-type']?.split(';')[0]]).toEqual([404, 'application/json']);
});

it.each([
  ['/v2/', 'POST', 'GET, HEAD'],
  ['/v2/_catalog', 'DELETE', 'GET, HEAD'],
  ['/v2/err/app/tags/list', 'PUT', 'GET, HEAD'],
  ['/v2/err/app/manifests/v1', 'POST', 'GET, HEAD, PUT, DELETE'],
  ['/v2/err/app/manifests/v1', 'OPTIONS', 'GET, HEAD, PUT, DELETE'],
  [`/v2/err/app/blobs/${NOWHERE}`, 'PUT', 'GET, HEAD, DELETE'],
  ['/v2/err/app/blobs/uploads/', 'GET', 'POST'],
  ['/v2/err/app/blobs/uploads/', 'HEAD', 'POST'],
  ['/v2/err/app/blobs/uploads/x', 'POST', 'GET, HEAD, PATCH, PUT, DELETE'],
])('HTTP-07, regression moby/moby#34657: %s has no %s and says what it has, as JSON', async (path, method, allow) => {
  const answer = await http.send(method, path);
  expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
  if (method !== 'HEAD') expect(answer.codes).toEqual(['UNSUPPORTED']);
});

it('HTTP-19: headers of 40 KiB are read', async () => {
  expect((await http.send('GET', '/v2/', { headers: { cookie: 'x'.repeat(40 * 1024) } })).status).toBe(200);
});

it('ERR-04, ERR-10: HEAD of what is not there is 404 without a body, of what is there 200', async () => {
  const digest = digestOf('err/app v1');
  expect((await http.send('HEAD', `/v2/err/app/blobs/${digest}`)).status).toBe(200);
  for (const path of [`blobs/${NOWHERE}`, 'manifests/none', `manifests/${NOWHERE}`]) {
    expect((await http.send('HEAD', `/v2/err/app/${path}`)).status).toBe(404);
    expect((await http.send('HEAD', `/v2/err/none/${path}`)).status).toBe(404);
  }
});

/** Speaks HTTP by hand, to see when an answer comes and what becomes of the connection. */
async function raw(
  head: string[],
): Promise<{ socket: Socket; answer: () => string; until(text: RegExp): Promise<void> }> {
  const { hostname, port } = new URL(registry.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.write(`${[...head, `Host: ${hostname}:${port}`].join('\r\n')}\r\n\r\n`);
  const until = async (wanted: RegExp) => {
    while (!wanted.test(text)) {
      if (socket.closed) throw new Error(`the connection ended after ${JSON.stringify(text)}`);
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
    }
  };
  return { socket, answer: () => text, until };
}

describe('HTTP-21: Expect: 100-continue', () => {
  const start = (path: string, method: string, length: number, authorization = http.authorization) =>
    raw([
      `${method} ${path} HTTP/1.1`,
      'Expect: 100-continue',
      `Content-Length: ${length}`,
      ...(authorization ? [`Authorization: ${authorization}`] : []),
    ]);

  it('is answered with 100 once the request is found good, then with the result', async () => {
    const at = await openUpload(http, 'err/app');
    const bytes = Buffer.from('after a continue');
    const { socket, until, answer } = await start(`${at}?digest=${digestOf(bytes)}`, 'PUT', bytes.length);
    await until(/^HTTP\/1.1 100 Continue\r\n\r\n/);
    socket.write(bytes);
    await until(/HTTP\/1.1 201 /);
    expect(answer()).toContain(digestOf(bytes));
    socket.destroy();
  });

  it.each([
    ['without credentials', '/v2/err/app/manifests/v2', 'PUT', 10, 401, ''],
    ['for too large a manifest', '/v2/err/app/manifests/v2', 'PUT', 5 * MIB, 413, undefined],
    ['for an upload that is not there', '/v2/err/app/blobs/uploads/x', 'PATCH', 10, 404, undefined],
    ['for a malformed digest', '/v2/err/app/blobs/uploads/?digest=x', 'POST', 10, 400, undefined],
  ] as const)('%s is answered with the refusal and no 100', async (_, path, method, length, status, authorization) => {
    const { socket, until, answer } = await start(path, method, length, authorization);
    await until(/\r\n\r\n\{.*\}$/);
    expect(answer()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    socket.destroy();
  });
});

describe('HTTP-20: an early refusal of a large body', () => {
  const LARGE = Buffer.alloc(48 * MIB);

  it.each([
    ['401', () => anonymous, 'POST', `/v2/err/app/blobs/uploads/?digest=${NOWHERE}`, 401],
    ['403', () => http, 'POST', `/v2/one/blobs/uploads/?digest=${NOWHERE}`, 403],
    ['404', () => http, 'PATCH', '/v2/err/app/blobs/uploads/x', 404],
    ['413', () => http, 'PUT', '/v2/err/app/manifests/v2', 413],
    ['405', () => http, 'PUT', '/v2/err/app/tags/list', 405],
  ] as const)('%s arrives whole, with a length or chunked', async (_, as, method, path, status) => {
    for (const body of [LARGE, [LARGE]]) {
      const answer = await as().send(method, path, { body });
      expect(answer.status).toBe(status);
      expect(answer.headers.connection).toBe('close');
    }
  });

  it('416 arrives whole, and the upload is as it was', async () => {
    const at = await openUpload(http, 'err/app');
    const headers = { 'content-range': `5-${LARGE.length + 4}` };
    expect((await http.send('PATCH', at, { body: LARGE, headers })).status).toBe(416);
    expect((await http.send('GET', at)).headers.range).toBe('0-0');
  });

  it('leaves the connection open after a small one', async () => {
    const { socket, until, answer } = await raw(['PUT /v2/err/app/tags/list HTTP/1.1', 'Content-Length: 65536']);
    socket.write(Buffer.alloc(65_536));
    await until(/\r\n\r\n\{.*\}$/);
    expect(answer()).toMatch(/^HTTP\/1.1 40[15] /);
    expect(answer()).toMatch(/\r\nConnection: keep-alive\r\n/i);
    socket.write('GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(/\}HTTP\/1.1 401 /);
    socket.destroy();
  });
});

it('HTTP-29: several requests in one packet are answered in their order', async () => {
  const { socket, until, answer } = await raw(['GET /v2/err/app/tags/list HTTP/1.1']);
  socket.write('GET /v2/nothing HTTP/1.1\r\nHost: x\r\n\r\nGET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n');
  await until(/(HTTP\/1.1[\s\S]*){3}\}$/);
  expect(answer().match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 404', 'HTTP/1.1 401']);
  socket.destroy();
});

it.each(['foo', '', '/', ';;', 'a/b/c'])('HTTP-09: no Content-Type is refused, not even %j', async (type) => {
  const answer = await http.send('POST', '/v2/err/app/blobs/uploads/', {
    headers: { 'content-type': type },
    body: '{}',
  });
  expect(answer.status).toBe(202);
});

it.each(['1.5', '1e30', 'Infinity', '-1', '0x10', ''])('REF-01: a page of referrers after %j is 200', async (after) => {
  const answer = await http.send('GET', `/v2/err/app/referrers/${NOWHERE}?after=${after}`);
  expect([answer.status, JSON.parse(String(answer.body)).manifests]).toEqual([200, []]);
});

describe('HTTP-21: the token endpoint and a client that waits for 100', () => {
  const FORM = 'Content-Type: application/x-www-form-urlencoded';
  const start = (...[line, ...more]: readonly string[]) => raw([`${line} HTTP/1.1`, 'Expect: 100-continue', ...more]);

  it('lets it go on with a form, then answers', async () => {
    const { socket, until } = await start('POST /token', FORM, 'Content-Length: 3');
    await until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    socket.write('a=b');
    await until(/^HTTP\/1\.1 100 [\s\S]*HTTP\/1\.1 400 /);
    socket.destroy();
  });

  it.each([
    ['too long a form', 413, ['POST /token', FORM, 'Content-Length: 100000']],
    ['a method that is not there', 405, ['PUT /token', FORM, 'Content-Length: 3']],
    ['a method that is not there', 405, ['POST /jwks', FORM, 'Content-Length: 3']],
  ] as const)('refuses %s with %i, and no 100', async (_, status, lines) => {
    const { socket, until, answer } = await start(...lines);
    await until(/\r\n\r\n\{.*\}$/);
    expect(answer()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    socket.destroy();
  });
});
