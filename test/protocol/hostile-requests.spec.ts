import { assertRefusal } from './support/answer.js';
import { digestOf, openUpload } from './support/content.js';
import { answersIn, head, Raw } from './support/raw.js';
import { useUnharmed } from './support/unharmed.js';

const { registry, http } = useUnharmed();

/** What an attacker wants to be served as a request of its own. It would be answered with 404. */
const SMUGGLED = head('GET', '/v2/smuggled');
/** Stands for the credentials, which are not known yet where the tables are made. */
const ADMIN = '{admin}';
/** A request whose body is waited for, so that what is wrong with it is answered, and not what is wrong with its path. */
const put = (...lines: string[]) => head('PUT', '/v2/hostile/app/manifests/v1', `Authorization: ${ADMIN}`, ...lines);
const chunked = (body: string) => put('Transfer-Encoding: chunked') + body;
const lengthOf = (text: string) => `Content-Length: ${text.length}`;

/** The one answer to bytes after which nothing on the connection is served. */
async function refused(bytes: string, status: number): Promise<void> {
  const text = await Raw.open(registry, bytes.replace(ADMIN, http.authorization!) + SMUGGLED).ended();
  const { answers, rest } = answersIn(text);
  expect(answers.map((answer) => answer.status)).toEqual([status]);
  expect(rest).toBe('');
  assertRefusal(answers[0]!);
}

it('a second request on a connection is seen by these tests where there is one', async () => {
  for (const first of [
    head('GET', '/v2/'),
    chunked('3\r\nabc\r\n0\r\n\r\n'),
    chunked('1;a="b"\r\nx\r\n0\r\nx: y\r\n\r\n'),
  ]) {
    const raw = Raw.open(registry, first.replace(ADMIN, http.authorization!) + SMUGGLED);
    expect((await raw.answered(2))[1]?.status).toBe(404);
    raw.cut();
  }
});

describe('HTTP-11: a request whose length two readers may read in two ways is refused, and nothing is smuggled in by', () => {
  it.each([
    ['Content-Length and Transfer-Encoding', `${put('Content-Length: 5', 'Transfer-Encoding: chunked')}0\r\n\r\n`, 400],
    ['Transfer-Encoding and Content-Length', `${put('Transfer-Encoding: chunked', 'Content-Length: 5')}0\r\n\r\n`, 400],
    ['two Content-Lengths', put('Content-Length: 0', lengthOf(SMUGGLED)), 400],
    ['the same Content-Length twice', put('Content-Length: 0', 'Content-Length: 0'), 400],
    ['a list of Content-Lengths', put('Content-Length: 0, 0'), 400],
    ['a negative length', put('Content-Length: -1'), 400],
    ['a length with a sign', `${put('Content-Length: +5')}hello`, 400],
    ['a hexadecimal length', `${put('Content-Length: 0x5')}hello`, 400],
    ['a length with a space in it', `${put('Content-Length: 0 5')}hello`, 400],
    ['an empty length', put('Content-Length: '), 400],
    ['a length beyond 64 bits', `${put('Content-Length: 99999999999999999999')}hello`, 400],
    ['a space before the colon', `${put('Content-Length : 5')}hello`, 400],
    ['a space before the name', head('GET', '/v2/', ' X: y'), 400],
    ['a folded line', head('GET', '/v2/', 'X: y', ' z'), 400],
    ['a folded Transfer-Encoding', `${put('Transfer-Encoding:', ' chunked')}0\r\n\r\n`, 400],
    ['lines that end with LF alone', 'GET /v2/ HTTP/1.1\nHost: x\n\n', 400],
    ['one line that ends with LF alone', 'GET /v2/ HTTP/1.1\r\nHost: x\nX: y\r\n\r\n', 400],
    ['a CR alone', 'GET /v2/ HTTP/1.1\r\nHost: x\rX: y\r\n\r\n', 400],
    ['a NUL in a value', head('GET', '/v2/', 'X: a\0b'), 400],
    ['a NUL in a name', head('GET', '/v2/', 'X\0: a'), 400],
    ['a header without a name', head('GET', '/v2/', ': a'), 400],
    ['a header without a colon', head('GET', '/v2/', 'abc'), 400],
    ['the coding xchunked', `${put('Transfer-Encoding: xchunked')}0\r\n\r\n`, 501],
    ['the coding identity', `${put('Transfer-Encoding: identity')}0\r\n\r\n`, 501],
    ['a quoted coding', `${put('Transfer-Encoding: "chunked"')}0\r\n\r\n`, 501],
    ['a coding before chunked', `${put('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`, 501],
    ['a coding after chunked', `${put('Transfer-Encoding: chunked, gzip')}0\r\n\r\n`, 400],
    ['two headers of codings', `${put('Transfer-Encoding: chunked', 'Transfer-Encoding: identity')}0\r\n\r\n`, 400],
    ['a vertical tab before the coding', `${put('Transfer-Encoding: \x0bchunked')}0\r\n\r\n`, 400],
    ['a coding in HTTP/1.0', 'POST /v2/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    [
      'a coding in HTTP/1.0 on a connection to keep',
      'POST /v2/ HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a chunk size that is no number', chunked('zz\r\n\r\n'), 400],
    ['a chunk size with a prefix', chunked('0x0\r\n\r\n'), 400],
    ['a negative chunk size', chunked('-1\r\n\r\n'), 400],
    ['a chunk size beyond 64 bits', chunked('fffffffffffffffff\r\n\r\n'), 400],
    ['spaces around a chunk size', chunked(' 0 \r\n\r\n'), 400],
    ['chunk lines that end with LF alone', chunked('0\n\n'), 400],
    ['LF in the extension of a chunk', chunked('1;a\nX\r\n0\r\n\r\n'), 400],
    ['an extension of 100 kB', chunked(`0;${'x'.repeat(100_000)}\r\n\r\n`), 413],
    ['a Content-Length in the trailer', chunked('0\r\nContent-Length: 50\r\n\r\n'), 400],
    ['no version', 'GET /v2/\r\n\r\n', 505],
    ['the version 2.0', 'GET /v2/ HTTP/2.0\r\nHost: x\r\n\r\n', 505],
    ['the version 1.2', 'GET /v2/ HTTP/1.2\r\nHost: x\r\n\r\n', 400],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['a space in the address', 'GET /v2/ a HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['a NUL in the address', 'GET /v2/\0 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['bytes above ASCII in the address', 'GET /v2/\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no HTTP at all', 'hello\r\n\r\n', 400],
  ])('%s', async (_, bytes, status) => {
    await refused(bytes, status);
  });

  it.each([
    ['is longer than its size', '1\r\nXY0\r\n\r\n'],
    ['has the largest size that is a number', 'ffffffffffffffff\r\n\r\n'],
    ['is followed by 200 kB of trailers', `0\r\n${'X: yyyyyyyyyyyyyyyyyy\r\n'.repeat(10_000)}\r\n`],
  ])('a chunk that %s', async (_, body) => {
    // Nothing waits for this body, so the answer is that of the path.
    await refused(head('POST', '/v2/', 'Transfer-Encoding: chunked') + body, 405);
  });

  it('a body that belongs to a GET', async () => {
    const raw = Raw.open(registry, head('GET', '/v2/', lengthOf(SMUGGLED)) + SMUGGLED + head('GET', '/v2/next'));
    expect((await raw.answered(2)).map(({ status }) => status)).toEqual([401, 404]);
    raw.write(head('GET', '/v2/', 'Connection: close'));
    expect(answersIn(await raw.ended()).answers).toHaveLength(3);
  });
});

it('HTTP-23: a chunked upload that breaks off in garbage is refused, and goes on where its offset says', async () => {
  const at = await openUpload(http, 'hostile/app');
  const bytes = Buffer.alloc(1000, 'x');
  const start = head('PATCH', at, `Authorization: ${http.authorization}`, 'Transfer-Encoding: chunked');
  await refused(`${start}${bytes.length.toString(16)}\r\n${bytes}\r\nzz\r\n`, 400);
  const { range } = (await http.send('GET', at)).headers;
  expect(['0-0', '0-999']).toContain(range);
  const rest = bytes.subarray(range === '0-0' ? 0 : 1000);
  expect((await http.send('PUT', `${at}?digest=${digestOf(bytes)}`, { body: rest })).status).toBe(201);
});

describe('HTTP-07: a method', () => {
  it.each(['PROPFIND', 'TRACE', 'SEARCH', 'LINK', 'PURGE', 'QUERY'])(
    '%s is 405 where the path is known',
    async (method) => {
      const answer = await http.send(method, '/v2/hostile/app/tags/list', { headers: { 'x-echo': 'not returned' } });
      expect([answer.status, answer.headers.allow, answer.codes]).toEqual([405, 'GET, HEAD', ['UNSUPPORTED']]);
      expect(String(answer.body)).not.toContain('not returned');
      expect((await http.exchange(method, '/nothing')).status).toBe(404);
    },
  );

  it.each([
    ['that nobody has', 'FOO'],
    ['in small letters', 'get'],
    ['of 1000 letters', 'A'.repeat(1000)],
    ['with a tab', 'GET\t'],
    ['that is no ASCII', '\xff'],
  ])('%s is refused', async (_, method) => {
    await refused(`${method} /v2/ HTTP/1.1\r\nHost: x\r\n\r\n`, 400);
  });

  it.each(['evil.test:443', '/v2/'])('CONNECT %s is 405: this is no proxy', async (target) => {
    await refused(`CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`, 405);
  });
});

it('HTTP-29: a request to speak another protocol is answered as the request that it is, and is the last', async () => {
  for (const protocol of ['websocket', 'h2c', 'TLS/1.3']) {
    const raw = Raw.open(registry, head('GET', '/v2/', 'Connection: Upgrade', `Upgrade: ${protocol}`) + SMUGGLED);
    const { answers } = answersIn(await raw.ended());
    expect(answers.map(({ status, headers }) => [status, headers.connection])).toEqual([[401, 'close']]);
  }
});

it('a client that speaks TLS is answered in HTTP, by which Go clients know that this port has none', async () => {
  const text = await Raw.open(registry, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03').ended();
  expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
});

it('HTTP-21: an expectation that is not 100-continue is 417', async () => {
  const answer = await http.exchange('PUT', '/v2/hostile/app/manifests/v1', {
    headers: { expect: '200-maybe' },
    body: '{}',
  });
  expect(answer.status).toBe(417);
  assertRefusal(answer, 'keep-alive');
});
